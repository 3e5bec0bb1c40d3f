"""Reads the tables of the catalogue, strictly: a row that is wrong is an error, not a gap.

The files are part of Hearth, so an error in them is one of its own; it names the row and what is
allowed there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args
from urllib.parse import urlsplit

from hearth.models.catalogue.records import (
    Family,
    LicenceKind,
    ModelSize,
    Release,
    ReleaseDate,
    SizeClass,
    Weights,
)

Row = dict[str, Any]
Readers = dict[str, Callable[[Any], Any]]


class BadCatalogue(ValueError):
    """A row of the catalogue breaks its rules."""


def read_families(text: str) -> tuple[Family, ...]:
    """Read families from TOML.

    Raises:
        BadCatalogue: A row breaks the rules.
    """
    rows: list[Family] = [_make(Family, row, where, {}) for row, where in _rows(text, "family")]
    for row in rows:
        where = f"family {row.id!r}"
        _check_choices(where, "licences", row.licences, LicenceKind)
        _check_sentence(where, "about", row.about)
        _check_source(where, row.source)
    _check_unique("family", [row.id for row in rows])
    _check_unique("family", [row.name for row in rows])
    return tuple(sorted(rows, key=lambda row: row.name.casefold()))


def read_releases(text: str, families: Sequence[Family]) -> tuple[Release, ...]:
    """Read releases from TOML; a row without a publisher has that of its family.

    Raises:
        BadCatalogue: A row breaks the rules, or its family is not there.
    """
    by_id = {one.id: one for one in families}
    rows = [_release(row, where, by_id) for row, where in _rows(text, "release")]
    _check_unique("release", [row.name for row in rows])
    return tuple(sorted(rows, key=lambda row: (row.date.first_day(), row.name)))


def read_sizes(text: str) -> tuple[SizeClass, ...]:
    """Read the classes of size from TOML.

    Raises:
        BadCatalogue: A row breaks the rules, they do not grow, or not the last alone is open.
    """
    rows: list[SizeClass] = [_make(SizeClass, row, where, {}) for row, where in _rows(text, "size")]
    _check_unique("size", [row.name for row in rows])
    limits = [row.max_4bit_gb for row in rows]
    if limits[-1] is not None or None in limits[:-1]:
        raise BadCatalogue("size: the last class, and no other, has no limit")
    finite = [limit for limit in limits if limit is not None]
    if finite != sorted(set(finite)):
        raise BadCatalogue("size: each class has to be larger than the one before")
    return tuple(rows)


def _release(row: Row, where: str, families: dict[str, Family]) -> Release:
    family = families.get(row.get("family", ""))
    if family is None:
        raise BadCatalogue(f"{where}: the family {row.get('family')!r} is not in families.toml")
    readers: Readers = {
        "date": ReleaseDate.parse,
        "sizes": lambda sizes: tuple(map(ModelSize.parse, _plain(sizes))),
    }
    release: Release = _make(Release, {"publisher": family.publisher, **row}, where, readers)
    if release.context_length is not None and release.context_length < 1:
        raise BadCatalogue(f"{where}: context_length {release.context_length} is not positive")
    if release.weights is not None:
        _check_choices(where, "weights", (release.weights,), Weights)
    _check_sentence(where, "novelty", release.novelty)
    _check_source(where, release.source)
    return release


def _rows(text: str, kind: str) -> Iterator[tuple[Row, str]]:
    table = tomllib.loads(text)
    if set(table) != {kind}:
        raise BadCatalogue(f"only [[{kind}]] rows are allowed, not {sorted(set(table) - {kind})}")
    for number, row in enumerate(table[kind], start=1):
        yield row, f"{kind} {row.get('name', row.get('id', number))!r}"


def _make(cls: type[Any], row: Row, where: str, readers: Readers) -> Any:
    try:
        read = {name: readers.get(name, _plain)(value) for name, value in row.items()}
        return cls(**read)
    except (TypeError, ValueError) as error:
        raise BadCatalogue(f"{where}: {error}") from error


def _plain(value: Any) -> Any:
    if value == "" or value == []:
        raise ValueError("an empty value; leave the field out instead")
    return tuple(value) if isinstance(value, list) else value


def _check_choices(where: str, field: str, given: tuple[str, ...], choices: Any) -> None:
    allowed = get_args(choices)
    wrong = [one for one in given if one not in allowed]
    if wrong:
        raise BadCatalogue(f"{where}: {field} {wrong}; allowed are {', '.join(allowed)}")


def _check_source(where: str, source: str) -> None:
    address = urlsplit(source)
    if address.scheme != "https" or not address.hostname:
        raise BadCatalogue(f"{where}: the source {source!r} is no https address")


def _check_unique(kind: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadCatalogue(f"{kind}: {', '.join(twice)} is there more than once")


def _check_sentence(where: str, field: str, text: str) -> None:
    if not text.endswith("."):
        raise BadCatalogue(f"{where}: `{field}` is a sentence and ends with a full stop")
