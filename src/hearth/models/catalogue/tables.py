"""The tables of the catalogue, read once, and the questions that are asked of them."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from importlib import resources

from hearth.errors import InvalidRequest, NotFound
from hearth.models.catalogue.reading import read_families, read_releases, read_sizes
from hearth.models.catalogue.records import Family, Release, ReleaseDate, SizeClass


@functools.cache
def families() -> tuple[Family, ...]:
    """Return all families by name."""
    return read_families(_text("families"))


@functools.cache
def releases() -> tuple[Release, ...]:
    """Return all releases, the oldest first."""
    return read_releases(_text("releases"), families())


@functools.cache
def sizes() -> tuple[SizeClass, ...]:
    """Return the classes of size, the smallest first."""
    return read_sizes(_text("sizes"))


@functools.cache
def publishers() -> tuple[str, ...]:
    """Return all publishers, those with the most releases first."""
    counts = Counter(release.publisher for release in releases())
    return tuple(sorted(counts, key=lambda name: (-counts[name], name.casefold())))


def size_class(num_parameters: int) -> SizeClass:
    """Return the class of a model with this many parameters, all experts counted."""
    fitting = (c for c in sizes() if c.max_parameters is None or num_parameters <= c.max_parameters)
    return next(fitting)


def family(name: str) -> Family:
    """Return one family by its id or its name.

    Raises:
        NotFound: There is no such family.
    """
    wanted = name.casefold()
    for one in families():
        if wanted in (one.id, one.name.casefold()):
            return one
    close = [one.id for one in families() if wanted[:3] and one.id.startswith(wanted[:3])]
    raise NotFound(
        f"There is no family {name!r} in the catalogue.",
        hint=f"Try {' or '.join(close)}." if close else "`hearth families` lists them all.",
    )


def select_releases(
    *,
    family_name: str | None = None,
    publisher: str | None = None,
    since: str | None = None,
    until: str | None = None,
    open_only: bool = False,
) -> list[Release]:
    """Return the releases that meet every condition, the oldest first.

    Args:
        family_name: Id or name of a family.
        publisher: Part of a publisher's name, in any case.
        since: First year, month or day, as in `2023`, `2023-04`, `2023-04-18`.
        until: Last year, month or day; a year or month is meant whole.
        open_only: Leave out those whose weights cannot be downloaded.

    Raises:
        InvalidRequest: A date has another form.
        NotFound: There is no such family or publisher.
    """
    chosen: list[Callable[[Release], bool]] = []
    if family_name is not None:
        family_id = family(family_name).id
        chosen.append(lambda release: release.family == family_id)
    if publisher is not None:
        wanted = _known_publisher(publisher)
        chosen.append(lambda release: wanted in release.publisher.casefold())
    if since is not None:
        first = _date_text(since, "since")
        chosen.append(lambda release: str(release.date)[: len(first)] >= first)
    if until is not None:
        last = _date_text(until, "until")
        chosen.append(lambda release: str(release.date)[: len(last)] <= last)
    if open_only:
        chosen.append(lambda release: release.weights == "open")
    return [release for release in releases() if all(test(release) for test in chosen)]


def _known_publisher(name: str) -> str:
    wanted = name.casefold()
    if not any(wanted in release.publisher.casefold() for release in releases()):
        raise NotFound(
            f"No publisher in the catalogue is called {name!r}.",
            param="publisher",
            hint="`hearth families` names them.",
        )
    return wanted


def _date_text(text: str, param: str) -> str:
    whole = f"{text}-01" if len(text) == 4 else text
    try:
        ReleaseDate.parse(whole)
    except ValueError as error:
        raise InvalidRequest(
            f"--{param} {text!r} is no date.",
            param=param,
            hint=f"Give a year, a month or a day, as in --{param} 2023-04.",
        ) from error
    return text


def _text(name: str) -> str:
    return resources.files("hearth.models.catalogue").joinpath(f"{name}.toml").read_text("utf-8")
