"""From answers to figures.

accuracy              questions of which the chosen answer is right; no answer is not right
accuracy per byte     likewise, choosing the answer that is most likely for each of its bytes
steady                questions of which one answer won, wherever it stood
probability of right  mean probability on the right answers, all answers adding up to 1

By text, accuracy and probability of right are what TruthfulQA calls MC1 and MC2, and accuracy per
byte is the `acc_norm` of the lm-evaluation-harness.

Sources: Lin, Hilton and Evans 2021, "TruthfulQA", https://arxiv.org/abs/2109.07958; EleutherAI,
"Multiple Choice Normalization in LM Evaluation", https://blog.eleuther.ai/multiple-choice-normalization/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearth.measure.choices.asking import Chosen
from hearth.measure.choices.controls import chance_of, tally
from hearth.measure.choices.figures import percent
from hearth.measure.controls import AgainstChance, Controls, against_chance, require_read
from hearth.measure.evidence import Figure
from hearth.measure.statistics import Interval, mean_interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceScores:
    """What was found, and that the evaluator passed its own test.

    Args:
        accuracy_per_byte: None by letter.
        answered: None by text, as every text can be weighed.
        steady: None by text.
        categories: Accuracy by category.
        chance: Whether accuracy can be told from guessing.
    """

    controls: Controls
    accuracy: Interval
    accuracy_per_byte: Interval | None
    answered: Interval | None
    steady: Interval | None
    probability_of_right: Interval
    categories: dict[str, Interval]
    chance: AgainstChance

    def figures(self) -> dict[str, Figure]:
        """Return the figures of a record."""
        found = {
            "accuracy": percent(self.accuracy, "better"),
            "accuracy_per_byte": percent(self.accuracy_per_byte, "better"),
            "answered": percent(self.answered),
            "steady": percent(self.steady, "better"),
            "probability_of_right": percent(self.probability_of_right, "better"),
        }
        return {name: figure for name, figure in found.items() if figure is not None}


def score(chosen: Sequence[Chosen], controls: Controls) -> ChoiceScores:
    """Return the figures of a model's answers.

    Args:
        chosen: At least one, all asked in the same way.
        controls: That the evaluator passed; without them there is no score.

    Raises:
        ControlFailed: An answer could not be read.
    """
    counted = tally(chosen)
    require_read("choices", counted)
    return ChoiceScores(
        controls=controls,
        accuracy=wilson(counted.right, counted.total),
        accuracy_per_byte=_per_byte(chosen),
        answered=_share([None if each.mass is None else each.has_answered for each in chosen]),
        steady=_share([each.is_steady for each in chosen]),
        probability_of_right=_probability_of_right(chosen),
        categories=_by_category(chosen),
        chance=against_chance(
            counted.right, counted.total, chance_of([each.item for each in chosen])
        ),
    )


def _share(flags: Sequence[bool | None]) -> Interval | None:
    known = [flag for flag in flags if flag is not None]
    return wilson(sum(known), len(known)) if known else None


def _per_byte(chosen: Sequence[Chosen]) -> Interval | None:
    return _share(
        [
            None if each.best_per_byte is None else each.best_per_byte in each.item.right
            for each in chosen
        ]
    )


def _probability_of_right(chosen: Sequence[Chosen]) -> Interval:
    values = [sum(each.probabilities[place] for place in each.item.right) for each in chosen]
    found = mean_interval(values)
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def _by_category(chosen: Sequence[Chosen]) -> dict[str, Interval]:
    groups: dict[str, list[Chosen]] = {}
    for each in chosen:
        groups.setdefault(each.item.category, []).append(each)
    return {
        name: wilson(sum(each.is_right for each in group), len(group))
        for name, group in sorted(groups.items())
    }
