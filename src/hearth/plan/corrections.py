"""What predictions must be multiplied by to come out here, and how far they stray after that.

With r = log(measured / predicted) for each record, the bias of a group of n records is estimated
robustly and drawn towards what was believed before, the more the fewer records there are:

    m = median(r)
    s = max(1.4826 median|r - m|, 0.02)                      the scatter
    v = (pi / 2) s^2 / n (n - 1) / (n - 3) + d^2 / models    how uncertain m is
    b = b0 + w (m - b0),   w = v0 / (v0 + v)                 the posterior mean
    u = w v                                                  the posterior variance

That is the mean of a normal distribution under a normal prior (Gelman et al., Bayesian Data
Analysis, 3rd ed., section 2.5), with the median in place of the mean, since some answers fall into
a moment when the machine is busy. The median's variance is pi / 2 times as large (Huber, Robust
Statistics, section 1.2); (n - 1) / (n - 3) is the variance of Student's t, since s is uncertain
too. There are three groups, apart so that no record counts twice, each the prior of the next:
models of other quantizations on this machine, other models of this quantization, this model. The
first prior is b0 = 0, v0 = 0.25^2 (predictions are commonly off by a quarter); each next one has
v0 = u + d^2, d = 0.1 (biases of models differ by a tenth). A group of fewer than `MIN_RECORDS` is
passed over. Of this model itself there is no d in v. Figures of a machine that was not at rest are
left out: predictions are of one that is.

The correction is exp(b). Eight of ten figures should come out within exp(+-q) of what it gives. q
is the conformal quantile of the leave-one-out residuals |r_i - b without r_i| of the narrowest
group, their ceil(0.8 (n + 1))-th smallest: that holds for errors of any distribution, as long as
the next one is like the last (Barber et al., "Predictive inference with the jackknife+", Annals of
Statistics 49, 2021). Where the model itself has no group, its own bias widens q.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hearth.plan.accuracy import Accuracy, Point
from hearth.plan.arithmetic import Range
from hearth.store.predicted import Part

CORRECTED = (
    Part.OVERHEAD,
    Part.LOAD_COLD,
    Part.LOAD_WARM,
    Part.PROMPT,
    Part.DECODE,
    Part.DECODE_TOGETHER,
    Part.FIRST_TOKEN,
)
OF_ANSWERS = (Part.PROMPT, Part.DECODE, Part.DECODE_TOGETHER, Part.FIRST_TOKEN)
OF_ONE_MODEL = (Part.LOAD_COLD, Part.LOAD_WARM)  # a start-up time does not grow with the model
MIN_RECORDS = 5
MAX_RECORDS = 200  # the newest of a group: machines change
MAX_PER_MODEL = 40  # in a group of several models, so that none speaks for all
COVERAGE = 0.8
PRIOR_SPREAD = 0.25
MODEL_SPREAD = 0.1
LEAST_SCATTER = 0.02
NORMAL_SCATTER = 1.4826  # standard deviation of a normal distribution, in median deviations
COVERING_DEVIATIONS = 1.2816  # of a normal distribution: so many to each side hold COVERAGE
INTERVAL_DEVIATIONS = 1.6449  # and so many nine tenths


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What predictions of one part are multiplied by.

    Args:
        factor: Above 1: predictions were too low.
        low: The true factor lies between this and `high` with a probability of nine tenths.
        spread: Eight of ten figures come out between the corrected one divided by this, and times
            this.
        num_records: That it rests on; `num_own` of them are of this very model.
    """

    part: Part
    factor: float
    low: float
    high: float
    spread: float
    num_records: int
    num_own: int

    def __str__(self) -> str:
        noun = "answers" if self.part in OF_ANSWERS else "loads"
        own = f", {self.num_own} of this model" if self.num_own else ""
        return f"x {self.factor:.2f}: {self.num_records} {noun} on this machine{own}"

    def apply(self, likely: float) -> Range:
        """Return the range of a figure that was predicted without correction."""
        middle = likely * self.factor
        return Range(low=middle / self.spread, likely=middle, high=middle * self.spread)


Corrections = Mapping[Part, Correction]


def corrections(found: Accuracy, *, quantization: str = "", identity: str = "") -> Corrections:
    """Return what predictions of a model are to be corrected by; parts with few records have none.

    Args:
        found: What is known of predictions on the machine.
        quantization: The model's; empty where unknown.
        identity: The model's, as the library has it (`ModelEntry.identity`); empty where unknown.
    """
    made: dict[Part, Correction] = {}
    for part in CORRECTED:
        groups = _groups(found.correcting(part), quantization, identity)
        correction = _correction(part, groups)
        if correction is not None:
            made[part] = correction
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Records that are alike: their errors, newest first, and of how many models they are."""

    errors: tuple[float, ...]
    num_models: int
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Belief:
    """A normal distribution of the bias, and how far figures stray from it."""

    mean: float = 0.0
    variance: float = PRIOR_SPREAD**2
    stray: float = 0.0
    num_records: int = 0
    num_own: int = 0


def _groups(points: Sequence[Point], quantization: str, identity: str) -> list[_Group]:
    """Divide records by how near they are to the model, the farthest first."""
    groups: tuple[list[Point], ...] = ([], [], [])
    counts: Counter[str] = Counter()
    for point in points:
        is_own = bool(identity) and point.identity == identity
        if point.part in OF_ONE_MODEL and not is_own:
            continue
        name = point.identity or point.model
        counts[name] += 1
        if not is_own and counts[name] > MAX_PER_MODEL:
            continue
        nearness = 2 if is_own else int(bool(quantization) and point.quantization == quantization)
        groups[nearness].append(point)
    return [
        _Group(
            errors=tuple(point.error for point in group[:MAX_RECORDS]),
            num_models=len({point.identity or point.model for point in group[:MAX_RECORDS]}),
            is_own=nearness == 2,
        )
        for nearness, group in enumerate(groups)
    ]


def _correction(part: Part, groups: Sequence[_Group]) -> Correction | None:
    belief = _Belief()
    for number, group in enumerate(groups):
        if number and belief.num_records:
            belief = replace(belief, variance=belief.variance + MODEL_SPREAD**2)
        if len(group.errors) >= MIN_RECORDS:
            belief = _learn(belief, group)
    if not belief.num_records:
        return None
    margin = INTERVAL_DEVIATIONS * math.sqrt(belief.variance)
    return Correction(
        part=part,
        factor=math.exp(belief.mean),
        low=math.exp(belief.mean - margin),
        high=math.exp(belief.mean + margin),
        spread=math.exp(belief.stray),
        num_records=belief.num_records,
        num_own=belief.num_own,
    )


def _learn(prior: _Belief, group: _Group) -> _Belief:
    """Return the posterior of the bias after the records of a group."""
    errors = sorted(group.errors)
    middle = statistics.median(errors)
    deviation = statistics.median(abs(error - middle) for error in errors)
    scatter = max(NORMAL_SCATTER * deviation, LEAST_SCATTER)
    count = len(errors)
    variance = math.pi / 2 * scatter**2 / count * (count - 1) / (count - 3)
    model_variance = 0.0 if group.is_own else MODEL_SPREAD**2 / group.num_models
    variance += model_variance
    weight = prior.variance / (prior.variance + variance)

    def drawn(median: float) -> float:
        return prior.mean + weight * (median - prior.mean)

    left_out = zip(errors, _medians_without_each(errors), strict=True)
    residuals = sorted(abs(error - drawn(median)) for error, median in left_out)
    place = min(len(residuals), math.ceil(COVERAGE * (len(residuals) + 1)))
    # Of a model that is not among them, the bias lies d away, and the middle of so few models too.
    own_bias = COVERING_DEVIATIONS * math.sqrt(2 * model_variance)
    return _Belief(
        mean=drawn(middle),
        variance=weight * variance,
        stray=math.hypot(residuals[place - 1], own_bias),
        num_records=prior.num_records + len(errors),
        num_own=len(errors) if group.is_own else 0,
    )


def _medians_without_each(ordered: Sequence[float]) -> list[float]:
    """Return, for each of some sorted numbers, the median of all others."""
    half, is_odd = divmod(len(ordered), 2)
    if not is_odd:
        return [ordered[half]] * half + [ordered[half - 1]] * half
    above = (ordered[half] + ordered[half + 1]) / 2
    around = (ordered[half - 1] + ordered[half + 1]) / 2
    below = (ordered[half - 1] + ordered[half]) / 2
    return [above] * half + [around] + [below] * half
