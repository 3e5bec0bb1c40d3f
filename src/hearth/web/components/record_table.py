"""Records of the evidence ledger as rows: what, of what, with which result, when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hearth.measure.evidence import Record
from hearth.measure.evidence.wording import interval_text, value_text
from hearth.web import figures
from hearth.web.components.evidence_figures import (
    figure_name,
)

NUM_HEADLINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """One record as it is shown in a list.

    Args:
        results: Name, value and interval of its first figures.
        num_more: Figures that it has besides.
        disturbed: What was seen to disturb the machine; empty for nothing.
        picked: Whether it is picked for a comparison.
    """

    id: str
    kind: str
    subject: str
    results: tuple[tuple[str, str, str], ...]
    num_more: int
    when: str
    at: str
    disturbed: str
    is_card: bool
    picked: bool


def record_rows(records: Sequence[Record], picked: Sequence[str] = ()) -> Iterator[RecordRow]:
    """Yield records as rows.

    Args:
        records: The newest first.
        picked: Ids of those that are picked for a comparison.
    """
    now = datetime.now(UTC).astimezone()
    for record in records:
        names = list(record.summary)
        made_at = record.made_at.astimezone()
        yield RecordRow(
            id=record.id,
            kind=record.kind,
            subject=record.names,
            results=tuple(_result(record, name) for name in names[:NUM_HEADLINES]),
            num_more=max(0, len(names) - NUM_HEADLINES),
            when=figures.since(made_at, now),
            at=f"{made_at:%Y-%m-%d %H:%M}",
            disturbed="; ".join(record.circumstances.disturbances),
            is_card=record.is_card,
            picked=record.id in picked,
        )


def choices_of(records: Sequence[Record]) -> list[tuple[str, str]]:
    """Return ids and names of records, for a list to choose one from."""
    return [
        (record.id, f"{record.names}, {record.made_at.astimezone():%Y-%m-%d %H:%M}")
        for record in records
    ]


def _result(record: Record, name: str) -> tuple[str, str, str]:
    figure = record.summary[name]
    return figure_name(name), value_text(figure), interval_text(figure)
