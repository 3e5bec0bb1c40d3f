"""From judged answers to shares that were obeyed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hearth.measure.checks import Case, Judged, check_group, luck_of
from hearth.measure.controls import AgainstChance, Controls, against_chance
from hearth.measure.statistics import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionScores:
    """How a model follows instructions.

    Args:
        controls: What the evaluator passed first.
        strict: Share of the prompts whose answer obeys every instruction by the letter.
        loose: The same, leaving out what is often put around an answer.
        groups: Share of the single instructions obeyed by the letter, by what they look at.
        chance: Whether `strict` can be told from what answers to other prompts score.
        cut: How many answers were ended by their greatest length.
    """

    controls: Controls
    strict: Interval
    loose: Interval
    groups: Mapping[str, Interval]
    chance: AgainstChance
    cut: int


def score(cases: Sequence[Case], judged: Sequence[Judged], controls: Controls) -> InstructionScores:
    """Return the shares that were obeyed; there are no scores without controls.

    Args:
        cases: The instructions.
        judged: One for each of them, in the same order.
        controls: What the evaluator passed; see `hearth.measure.checks.self_test`.
    """
    obeyed = sum(each.has_passed for each in judged)
    return InstructionScores(
        controls=controls,
        strict=wilson(obeyed, len(judged)),
        loose=wilson(sum(each.passes_loosely for each in judged), len(judged)),
        groups=_groups(cases, judged),
        chance=against_chance(obeyed, len(judged), luck_of(cases)),
        cut=sum(each.is_cut for each in judged),
    )


def _groups(cases: Sequence[Case], judged: Sequence[Judged]) -> dict[str, Interval]:
    obeyed: dict[str, list[bool]] = defaultdict(list)
    for case, each in zip(cases, judged, strict=True):
        for check in case.checks:
            obeyed[check_group(check.name)].append(str(check) not in each.failed)
    return {name: wilson(sum(found), len(found)) for name, found in sorted(obeyed.items())}
