"""Answers as a record keeps them: enough to ask again, and to reckon every figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hearth.errors import InvalidRequest
from hearth.measure.evidence import Cell, Draft, Table
from hearth.measure.truth.asking import Answered
from hearth.measure.truth.items import Item, QuestionSet

ITEM_COLUMNS = ("text", "negation", "is_true", "is_question", "category", "source")
_ANSWER = ("lean", "lean_negated", "log_odds", "mass")


def items_table(answered: Sequence[Answered]) -> Table:
    """Return answers as the items of a record."""
    return Table(
        columns=(*ITEM_COLUMNS, *_ANSWER),
        rows=tuple(
            (*item_cells(each.item), *(getattr(each, name) for name in _ANSWER))
            for each in answered
        ),
    )


def answers_of(draft: Draft) -> tuple[Answered, ...]:
    """Return the answers that a record of the kind "truth" holds.

    Args:
        draft: A record with its items (see `Ledger.get`), or what becomes one.

    Raises:
        InvalidRequest: It holds none.
    """
    items = questions_of(draft).items
    rows = _rows(draft, _ANSWER)
    return tuple(Answered(item=item, **row) for item, row in zip(items, rows, strict=True))


def questions_of(draft: Draft) -> QuestionSet:
    """Return the questions that a record's models were asked.

    Raises:
        InvalidRequest: It holds none.
    """
    items = tuple(Item(**row) for row in _rows(draft, ITEM_COLUMNS))
    return QuestionSet(name=str(draft.settings.get("questions", "")), items=items)


def item_cells(item: Item) -> tuple[Cell, ...]:
    """Return a question as the first cells of a row, under `ITEM_COLUMNS`."""
    return tuple(getattr(item, name) for name in ITEM_COLUMNS)


def _rows(draft: Draft, names: Sequence[str]) -> list[dict[str, Any]]:
    if draft.items is None:
        raise InvalidRequest("The record holds no answers to questions.")
    columns = [draft.items.column(name) for name in names]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
