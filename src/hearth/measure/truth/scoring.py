"""From answers to figures.

accuracy            right answers of all questions; no answer is not right
balanced accuracy   mean of the accuracy on what is true and on what is not: a model that always
                    says one thing gets 50 %, however the questions are mixed
yes rate            how often "yes" wins, statements and negations together; 50 % is even-handed
consistent          statements that are held true exactly where their negation is not
Brier score         mean of (p - truth)^2, 0.25 for one who always says 50 %
calibration error   mean distance between what was said and what came true, in ten bins (ECE)

Sources: Brier, "Verification of forecasts expressed in terms of probability", 1950; Naeini, Cooper
and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hearth.measure.choices.figures import percent, plain
from hearth.measure.controls import AgainstChance, Controls, against_chance, require_read
from hearth.measure.evidence import Figure
from hearth.measure.statistics import Interval, bootstrap, mean_interval, wilson
from hearth.measure.truth.asking import Answered
from hearth.measure.truth.controls import tally

NUM_BINS = 10

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Questions to which a model gave about the same probability of being true.

    Args:
        low: The bin's lower end, 0 to 1; `high` its upper end.
        said: Mean probability that the model gave; 0 in an empty bin.
        came_true: Share that is true, with its interval.
    """

    low: float
    high: float
    said: float
    came_true: Interval
    num_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthScores:
    """What was found, and that the evaluator passed its own test.

    Args:
        accuracy: Share of all questions.
        answered: Share of questions that were answered at all.
        accuracy_answered: Share of those that were; None where none was.
        balanced_accuracy: None where all statements are true, or all false.
        yes_rate: Share of all forms that were asked.
        consistent: Share of those with a negation; None where there are none.
        categories: Accuracy by category.
        chance: Whether the answers can be told from always giving the commoner one.
    """

    controls: Controls
    accuracy: Interval
    answered: Interval
    accuracy_answered: Interval | None
    balanced_accuracy: Interval | None
    yes_rate: Interval
    consistent: Interval | None
    brier: Interval
    calibration_error: Interval
    categories: dict[str, Interval]
    bins: tuple[Bin, ...]
    chance: AgainstChance

    def figures(self) -> dict[str, Figure]:
        """Return the figures of a record."""
        better, worse = "better", "worse"
        found = {
            "accuracy": percent(self.accuracy, better),
            "balanced_accuracy": percent(self.balanced_accuracy, better),
            "answered": percent(self.answered, ""),
            "accuracy_answered": percent(self.accuracy_answered, better),
            "yes_rate": percent(self.yes_rate, ""),
            "consistent": percent(self.consistent, better),
            "brier": plain(self.brier, worse),
            "calibration_error": plain(self.calibration_error, worse),
        }
        return {name: figure for name, figure in found.items() if figure is not None}


def score(answered: Sequence[Answered], controls: Controls, *, seed: int) -> TruthScores:
    """Return the figures of a model's answers.

    Args:
        answered: At least one.
        controls: That the evaluator passed; without them there is no score.
        seed: Of the draws of the bootstrap.

    Raises:
        ControlFailed: An answer could not be read.
    """
    counted = tally(answered)
    require_read("truth", counted)
    said = [each for each in answered if each.has_answered]
    num_true = sum(each.item.is_true for each in said)
    common = max(num_true, len(said) - num_true) / len(said) if said else 0.5
    return TruthScores(
        controls=controls,
        accuracy=wilson(counted.right, counted.total),
        answered=wilson(len(said), counted.total),
        accuracy_answered=wilson(counted.right, len(said)) if said else None,
        balanced_accuracy=_balanced(answered, seed),
        yes_rate=_yes_rate(answered),
        consistent=_consistent(answered),
        brier=bootstrap(_said_and_so(answered), _brier, seed=seed),
        calibration_error=bootstrap(_said_and_so(answered), _ece, seed=seed),
        categories=accuracy_by_category(answered),
        bins=reliability(answered),
        chance=against_chance(counted.right, len(said), common),
    )


def reliability(answered: Sequence[Answered]) -> tuple[Bin, ...]:
    """Return what came true of what was said with about the same probability, in ten bins."""
    bins: list[list[Answered]] = [[] for _ in range(NUM_BINS)]
    for each in answered:
        bins[min(NUM_BINS - 1, int(each.p_true * NUM_BINS))].append(each)
    return tuple(
        Bin(
            low=number / NUM_BINS,
            high=(number + 1) / NUM_BINS,
            said=sum(each.p_true for each in held) / len(held) if held else 0.0,
            came_true=wilson(sum(each.item.is_true for each in held), len(held)),
            num_items=len(held),
        )
        for number, held in enumerate(bins)
    )


def accuracy_by_category(answered: Sequence[Answered]) -> dict[str, Interval]:
    """Return the share of right answers in each category."""
    groups: dict[str, list[Answered]] = {}
    for each in answered:
        groups.setdefault(each.item.category, []).append(each)
    return {
        name: wilson(sum(each.is_right for each in group), len(group))
        for name, group in sorted(groups.items())
    }


def _balanced(answered: Sequence[Answered], seed: int) -> Interval | None:
    if len({each.item.is_true for each in answered}) < 2:
        return None
    rows = [(float(each.is_right), float(each.item.is_true)) for each in answered]
    return bootstrap(rows, _balanced_accuracy, seed=seed)


def _balanced_accuracy(samples: Array) -> Array:
    right, true = samples[..., 0], samples[..., 1]  # (num_samples, num_items)
    of_true = (right * true).sum(axis=1) / np.maximum(true.sum(axis=1), 1)
    of_false = (right * (1 - true)).sum(axis=1) / np.maximum((1 - true).sum(axis=1), 1)
    both: Array = (of_true + of_false) / 2
    return both


def _yes_rate(answered: Sequence[Answered]) -> Interval:
    """Return the share of "yes"; both forms of a question are one draw: they hang together."""
    return _share(
        [
            float(each.lean > 0)
            if each.lean_negated is None
            else ((each.lean > 0) + (each.lean_negated > 0)) / 2
            for each in answered
        ]
    )


def _consistent(answered: Sequence[Answered]) -> Interval | None:
    pairs = [(each.lean, each.lean_negated) for each in answered if each.lean_negated is not None]
    if not pairs:
        return None
    return wilson(sum((lean > 0) != (negated > 0) for lean, negated in pairs), len(pairs))


def _said_and_so(answered: Sequence[Answered]) -> list[tuple[float, float]]:
    return [(each.p_true, float(each.item.is_true)) for each in answered]


def _brier(samples: Array) -> Array:
    said, true = samples[..., 0], samples[..., 1]
    found: Array = ((said - true) ** 2).mean(axis=1)
    return found


def _ece(samples: Array) -> Array:
    said, true = samples[..., 0], samples[..., 1]  # (num_samples, num_items)
    bins = np.minimum((said * NUM_BINS).astype(int), NUM_BINS - 1)
    gaps = [((said - true) * (bins == number)).sum(axis=1) for number in range(NUM_BINS)]
    found: Array = np.abs(np.stack(gaps)).sum(axis=0) / said.shape[1]
    return found


def _share(values: Sequence[float]) -> Interval:
    found = mean_interval(values)
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))
