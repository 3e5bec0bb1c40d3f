"""What a check is, which there are, and how one is read from plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearth.errors import InvalidRequest
from hearth.measure.checks import language, layout, length, refusal, structure, wording
from hearth.measure.checks.kinds import Kind

_PACKS = (length, wording, layout, structure, language, refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One demand on an answer: the name of a kind of check, and its value."""

    name: str
    value: Any

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


def check_names() -> list[str]:
    """Return the names of all kinds of check."""
    return sorted(_kinds())


def check_group(name: str) -> str:
    """Return what a kind of check looks at: length, wording, layout, structure, language ..."""
    return next(pack.__name__.rpartition(".")[2] for pack in _PACKS if name in pack.kinds())


def holds(check: Check, answer: str) -> bool:
    """Return whether an answer does what a check demands, taken by the letter."""
    return _kinds()[check.name].test(answer, check.value)


def holds_loosely(check: Check, answer: str) -> bool:
    """Return whether an answer, or the answer without what is often put around it, passes.

    Left out in turn are emphasis marks, a first line ("Sure, here it is:"), a last line, and both.
    Source: the loose accuracy of Zhou et al. 2023, https://arxiv.org/abs/2311.07911
    """
    return any(holds(check, variant) for variant in _variants(answer))


def read_checks(rows: Sequence[Mapping[str, Any]], *, where: str) -> tuple[Check, ...]:
    """Read checks from plain data: a list of mappings, each from one name to one value.

    Args:
        rows: As TOML or YAML gives them.
        where: What they belong to, for the error.

    Raises:
        InvalidRequest: A name is unknown, or a value does not fit its name.
    """
    if not rows:
        raise InvalidRequest(
            f"{where} has no checks, so that every answer would pass.",
            hint=f"Give at least one of: {', '.join(check_names())}.",
        )
    return tuple(_read(row, where) for row in rows)


def _read(row: Mapping[str, Any], where: str) -> Check:
    if not isinstance(row, Mapping) or len(row) != 1:
        raise InvalidRequest(
            f"{where}: {row!r} is not one name with one value.",
            hint="Write each check by itself, as in `max_words: 20`.",
        )
    ((name, value),) = row.items()
    kind = _kinds().get(name)
    if kind is None:
        raise InvalidRequest(
            f"{where}: there is no check {name!r}.", hint=f"There are {', '.join(check_names())}."
        )
    if not kind.takes(value):
        raise InvalidRequest(f"{where}: {name} takes {kind.wanted}, not {value!r}.")
    return Check(name=name, value=value)


def _variants(answer: str) -> list[str]:
    lines = answer.strip().split("\n")
    cut = ["\n".join(part).strip() for part in (lines, lines[1:], lines[:-1], lines[1:-1])]
    return [text for each in cut for text in (each, each.replace("*", "")) if text] or [""]


def _kinds() -> dict[str, Kind]:
    return {name: kind for pack in _PACKS for name, kind in pack.kinds().items()}
