"""Before and after: the cases on which two runs of a suite differ, and whether that means anything.

Runs are paired case by case, by name and digest: a case that was changed in between asks something
else, and is left out and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hearth.errors import InvalidRequest
from hearth.measure.statistics import Outcomes, mcnemar


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one case came out in one run."""

    id: str
    digest: str
    has_passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different in the later of two runs.

    Args:
        broken: Cases that passed before and fail now.
        mended: Cases that failed before and pass now.
        left_out: Cases that are not the same in both runs, or in one alone.
        outcomes: The paired test; A is the later run, B the earlier.
    """

    broken: tuple[str, ...]
    mended: tuple[str, ...]
    left_out: tuple[str, ...]
    outcomes: Outcomes


def compare(before: Iterable[Ran], after: Sequence[Ran]) -> Change:
    """Compare two runs of a suite.

    Args:
        before: The earlier run.
        after: The later one; broken and mended cases are told in its order.

    Raises:
        InvalidRequest: No case is the same in both.
    """
    was = {ran.id: ran for ran in before}
    same = [ran for ran in after if ran.id in was and was[ran.id].digest == ran.digest]
    if not same:
        raise InvalidRequest(
            "The two runs have no case in common, so there is nothing to compare.",
            hint="Compare runs of one suite; a case that was edited counts as another.",
        )
    paired = {ran.id for ran in same}
    return Change(
        broken=tuple(r.id for r in same if was[r.id].has_passed and not r.has_passed),
        mended=tuple(r.id for r in same if r.has_passed and not was[r.id].has_passed),
        left_out=tuple(sorted({*was, *(ran.id for ran in after)} - paired)),
        outcomes=mcnemar([r.has_passed for r in same], [was[r.id].has_passed for r in same]),
    )
