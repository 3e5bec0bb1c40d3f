"""From judged answers to the share of a suite that passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.measure.checks import Case, Judged, luck_of
from hearth.measure.controls import AgainstChance, Controls, against_chance
from hearth.measure.statistics import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteScores:
    """How many cases of a suite a model passes.

    Args:
        controls: What the suite passed first.
        passed: Share of the cases that passed every check.
        chance: Whether that can be told from what answers to the suite's other cases score.
    """

    controls: Controls
    passed: Interval
    chance: AgainstChance


def score(cases: Sequence[Case], judged: Sequence[Judged], controls: Controls) -> SuiteScores:
    """Return the share that passed; there is none without controls.

    Args:
        cases: The suite's.
        judged: One for each of them, in the same order.
        controls: What the suite passed; see `hearth.measure.checks.self_test`.
    """
    passed = sum(each.has_passed for each in judged)
    return SuiteScores(
        controls=controls,
        passed=wilson(passed, len(judged)),
        chance=against_chance(passed, len(judged), luck_of(cases)),
    )
