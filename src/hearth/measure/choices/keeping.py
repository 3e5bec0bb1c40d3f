"""Chosen answers as a record keeps them: enough to ask again."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hearth.errors import InvalidRequest
from hearth.measure.choices.asking import Chosen
from hearth.measure.choices.items import Choice
from hearth.measure.choices.reading import ChoiceSet
from hearth.measure.evidence import Draft, Table

_ITEM = ("question", "answers", "right", "category", "source")


def items_table(chosen: Sequence[Chosen]) -> Table:
    """Return answers as the items of a record; lists stand in a cell as JSON."""
    return Table(
        columns=(*_ITEM, "scores", "mass", "chosen", "is_right"),
        rows=tuple(
            (
                each.item.question,
                json.dumps(each.item.answers, ensure_ascii=False),
                json.dumps(each.item.right),
                each.item.category,
                each.item.source,
                json.dumps(each.scores),
                each.mass,
                each.best,
                each.is_right,
            )
            for each in chosen
        ),
    )


def questions_of(draft: Draft) -> ChoiceSet:
    """Return the questions that a record's model was asked.

    Args:
        draft: A record of the kind "choices", with its items.

    Raises:
        InvalidRequest: It holds none.
    """
    if draft.items is None:
        raise InvalidRequest("The record holds no answers to questions.")
    columns = [draft.items.column(name) for name in _ITEM]
    return ChoiceSet(
        name=str(draft.settings.get("questions", "")),
        items=tuple(_item(*map(str, cells)) for cells in zip(*columns, strict=True)),
    )


def threads_of(draft: Draft) -> int | None:
    """Return how many threads a record was computed with; None where it does not tell."""
    engine = draft.settings.get("engine")
    threads = engine.get("threads") if isinstance(engine, dict) else None
    return threads if isinstance(threads, int) else None


def _item(question: str, answers: str, right: str, category: str, source: str) -> Choice:
    try:
        return Choice(
            question=question,
            answers=tuple(json.loads(answers)),
            right=tuple(json.loads(right)),
            category=category,
            source=source,
        )
    except ValueError as error:
        raise InvalidRequest(f"The record's questions cannot be read: {error}.") from error
