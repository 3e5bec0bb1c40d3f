"""One record as a sheet: its figures, what was run, where, how it was set, and how to repeat it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from hearth.measure.evidence import Record, command_line
from hearth.measure.evidence.wording import circumstance_facts, subject_facts
from hearth.web.components.evidence_figures import figure_name, figure_rows
from hearth.web.parts import part

MAX_ITEMS = 50
DIGEST_CHARS = 16

_DIGEST = re.compile(r"[0-9a-f]{32,}")


def draw_record(record: Record, replays: Sequence[Markup] = (), *, can_replay: bool) -> Markup:
    """Return a record as a sheet.

    Args:
        record: With its items, where it has any.
        replays: What became of repeating it, the newest first.
        can_replay: Whether this program can run it again by itself.
    """
    items = record.items
    return part(
        "evidence_record",
        record=record,
        figures=list(figure_rows(record)),
        subjects=[(subject, _facts(subject_facts(subject))) for subject in record.subjects],
        circumstances=_facts(circumstance_facts(record.circumstances)),
        settings=list(_settings(record.settings, record.seed)),
        command=command_line(record.command),
        columns=items.columns if items else (),
        rows=items.rows[:MAX_ITEMS] if items else (),
        num_items=len(items.rows) if items else record.num_items,
        at=f"{record.made_at.astimezone():%Y-%m-%d %H:%M}",
        replays=replays,
        can_replay=can_replay,
    )


def _facts(facts: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return a word, what it says in short, and the whole of it where that is longer."""
    return [
        (word, f"{fact[:DIGEST_CHARS]}\u2026" if _DIGEST.fullmatch(fact) else fact, fact)
        for word, fact in facts.items()
    ]


def _settings(settings: Mapping[str, Any], seed: int | None) -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        yield figure_name(name), _plain(value)
    if seed is not None:
        yield "seed", str(seed)


def _plain(value: object) -> str:
    """Say a setting's value: plain data of any depth."""
    if isinstance(value, Mapping):
        return ", ".join(f"{figure_name(str(name))} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value is None or value == "" else str(value)
