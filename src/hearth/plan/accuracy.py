"""How good predictions have been here: error bands by part, from the ledger of predictions.

The error of a figure is the logarithm of measured / predicted: twice as much and half as much are
errors of one size, as they are for speeds and sizes. Shown is the relative error exp(|error|) - 1.
Nothing here reads the ledger; `hearth.store.predictions` does. How errors become corrections is in
`hearth.plan.corrections`.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hearth.machine.profile import MachineProfile
from hearth.store.predicted import Figure, Part, PredictionRecord

TITLES = {
    Part.WEIGHTS: "weights",
    Part.KV: "keys and values",
    Part.STATE: "recurrent states",
    Part.COMPUTE: "compute buffers",
    Part.OUTPUT: "output buffer",
    Part.OVERHEAD: "the program itself",
    Part.TOTAL: "memory in all",
    Part.LOAD_COLD: "loading, cold",
    Part.LOAD_WARM: "loading, warm",
    Part.PROMPT: "reading a prompt",
    Part.DECODE: "writing an answer",
    Part.DECODE_TOGETHER: "writing several answers",
    Part.FIRST_TOKEN: "time to the first token",
}
EXACT = 0.01
SPARE_LOAD = 0.7  # a machine at rest has some short work of its own
TIMED = (
    Part.LOAD_COLD,
    Part.LOAD_WARM,
    Part.PROMPT,
    Part.DECODE,
    Part.DECODE_TOGETHER,
    Part.FIRST_TOKEN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One figure, predicted and measured, with what it belongs to: a point of a plot.

    Args:
        low: The range that was predicted; `high` its other end.
        basis: What it was predicted from; see `basis_of`.
        is_crowded: A time or speed that was taken while other programs wanted the processors. What
            is predicted is a machine at rest, so that it is shown, and nothing is concluded.
    """

    part: Part
    predicted: float
    low: float
    high: float
    measured: float
    made_at: datetime
    model: str
    identity: str
    architecture: str
    quantization: str
    load_average: float | None
    basis: str = ""
    is_crowded: bool = False

    @property
    def error(self) -> float:
        """The logarithm of measured / predicted; 0 for a perfect prediction."""
        return math.log(self.measured / self.predicted)

    @property
    def is_covered(self) -> bool:
        """Whether what was measured lies in the range that was predicted, or within a hundredth.

        Sizes are predicted without a range, and told by the engine with a few digits.
        """
        return self.low * (1 - EXACT) <= self.measured <= self.high * (1 + EXACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How far off predictions of one part were.

    Args:
        num_records: Figures that were compared; `num_models` the models they are of.
            `num_crowded` are others, of moments when the machine was not at rest.
        bias: Median of measured / predicted: above 1 predictions were too low.
        median_error: Half of the predictions were off by no more than this part of them.
        p90_error: Nine of ten were off by no more than this.
        covered: Share that came out within the range that was predicted.
    """

    part: Part
    num_records: int
    num_models: int
    num_crowded: int
    bias: float
    median_error: float
    p90_error: float
    covered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Predictions of one machine against what was measured on it.

    Args:
        points: All figures, newest first.
        bands: By part, those that have any figure of a machine at rest.
        basis: What times and speeds are predicted from now: those that were predicted from other
            figures of the machine are shown, but correct nothing. None: all do.
    """

    points: tuple[Point, ...]
    bands: Mapping[Part, Band]
    basis: str | None = None

    def correcting(self, part: Part) -> list[Point]:
        """Return the points that predictions of a part can be corrected by, newest first."""
        return [
            point
            for point in self.points
            if point.part is part
            and not point.is_crowded
            and (part not in TIMED or self.basis in (None, point.basis))
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyRow:
    """A band in words, for a table."""

    part: Part
    title: str
    records: str
    bias: str
    median_error: str
    p90_error: str
    covered: str


def accuracy(
    records: Iterable[PredictionRecord],
    *,
    machine: str | None = None,
    basis: str | None = None,
) -> Accuracy:
    """Compare predictions with what was measured.

    Args:
        records: From the ledger, newest first.
        machine: Only those of the machine with this fingerprint.
        basis: What speeds are predicted from now, as `basis_of` names it; None: whatever it was.
    """
    found = tuple(
        point
        for record in records
        if machine is None or record.machine == machine
        for point in points_of(record)
    )
    by_part = {part: [point for point in found if point.part is part] for part in Part}
    return Accuracy(
        points=found,
        basis=basis,
        bands={
            part: _band(part, listed)
            for part, listed in by_part.items()
            if not all(point.is_crowded for point in listed)
        },
    )


def basis_of(profile: MachineProfile) -> str:
    """Return what tells the figures of a profile from those that are measured later.

    Speeds that were predicted from other figures say nothing of predictions from these. Empty where
    nothing was measured: what is predicted then is no more than a guess.
    """
    if not profile.memory.bandwidth_by_threads and not profile.kernels:
        return ""
    return hashlib.sha256(repr((profile.date, profile.kernels)).encode()).hexdigest()[:16]


def points_of(record: PredictionRecord) -> list[Point]:
    """Return the figures of a record as points; those that have no logarithm are left out."""
    return [
        Point(
            part=figure.part,
            predicted=figure.predicted,
            low=figure.low,
            high=figure.high,
            measured=figure.measured,
            made_at=record.made_at,
            model=record.model,
            identity=record.identity,
            architecture=record.architecture,
            quantization=record.quantization,
            basis=record.basis,
            load_average=record.load_average,
            is_crowded=figure.part in TIMED and _is_crowded(record),
        )
        for figure in record.figures
        if _is_comparable(figure)
    ]


def describe_accuracy(found: Accuracy) -> list[AccuracyRow]:
    """Return a row of text for each part, in the order of `Part`."""
    return [
        AccuracyRow(
            part=band.part,
            title=TITLES[band.part],
            records=_counted(band),
            bias=f"x {band.bias:.2f}",
            median_error=f"{band.median_error:.1%}",
            p90_error=f"{band.p90_error:.1%}",
            covered=f"{band.covered:.0%}",
        )
        for band in found.bands.values()
    ]


def _counted(band: Band) -> str:
    said = f"{band.num_records} of {band.num_models} model{'' if band.num_models == 1 else 's'}"
    return f"{said}, {band.num_crowded} left out" if band.num_crowded else said


def _is_crowded(record: PredictionRecord) -> bool:
    """Say whether more processes wanted to run than there are processors, the engine's included."""
    processors = record.conditions.get("processors")
    if record.load_average is None or not isinstance(processors, int):
        return False
    return record.load_average > processors + SPARE_LOAD


def _is_comparable(figure: Figure) -> bool:
    return all(math.isfinite(one) and one > 0 for one in (figure.predicted, figure.measured))


def _band(part: Part, every: list[Point]) -> Band:
    listed = [point for point in every if not point.is_crowded]
    sizes = sorted(abs(point.error) for point in listed)
    nine_of_ten = sizes[math.ceil(0.9 * len(sizes)) - 1]
    return Band(
        part=part,
        num_records=len(listed),
        num_crowded=len(every) - len(listed),
        num_models=len({point.identity or point.model for point in listed}),
        bias=math.exp(statistics.median(point.error for point in listed)),
        median_error=math.expm1(statistics.median(sizes)),
        p90_error=math.expm1(nine_of_ten),
        covered=sum(point.is_covered for point in listed) / len(listed),
    )
