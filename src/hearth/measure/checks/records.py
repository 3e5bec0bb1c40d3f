"""Judged answers as a record keeps them, and as they are read back from it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hearth.core import Message, Role
from hearth.errors import InvalidRequest
from hearth.measure.asking import table
from hearth.measure.checks.cases import Case, Judged
from hearth.measure.checks.check import read_checks
from hearth.measure.evidence import Cell, Draft, Table


def cases_table(cases: Sequence[Case], judged: Sequence[Judged]) -> Table:
    """Return a row for each case, with all that it takes to ask and judge it again."""
    return table(
        [
            {
                **case_cells(case),
                "passed": each.has_passed,
                "passed loosely": each.passes_loosely,
                "failed": "; ".join(each.failed),
                "answer": each.answer,
                "cut": each.is_cut,
            }
            for case, each in zip(cases, judged, strict=True)
        ]
    )


def case_cells(case: Case) -> dict[str, Cell]:
    """Return a case as the first cells of a row; `recorded_cases` reads them."""
    return {
        "id": case.id,
        "messages": json.dumps([[m.role.value, m.content] for m in case.messages]),
        "checks": json.dumps([{check.name: check.value} for check in case.checks]),
        "good": case.good,
        "max_tokens": case.max_tokens,
    }


def recorded_cases(record: Draft) -> tuple[Case, ...]:
    """Return the cases of a record, so that it can be replayed without the files they came from.

    Args:
        record: With its items.

    Raises:
        InvalidRequest: It holds none, or none that can be read.
    """
    names = ("id", "messages", "checks", "good", "max_tokens")
    rows = zip(*map(_items(record).column, names), strict=True)
    try:
        return tuple(_case(*map(str, row)) for row in rows)
    except (ValueError, TypeError) as error:
        raise InvalidRequest(f"The cases of the record cannot be read: {error}.") from error


def recorded_passes(record: Draft) -> tuple[bool, ...]:
    """Return which cases of a record passed, in their order.

    Raises:
        InvalidRequest: It holds none.
    """
    return tuple(bool(cell) for cell in _items(record).column("passed"))


def _items(record: Draft) -> Table:
    if record.items is None:
        raise InvalidRequest("The record holds no cases: its items are missing.")
    return record.items


def _case(name: str, messages: str, checks: str, good: str, max_tokens: str) -> Case:
    return Case(
        id=name,
        messages=tuple(
            Message(role=Role(role), content=content) for role, content in json.loads(messages)
        ),
        checks=read_checks(json.loads(checks), where=name),
        good=good,
        max_tokens=int(max_tokens),
    )
