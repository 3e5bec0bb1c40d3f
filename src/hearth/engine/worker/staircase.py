"""What a step costs by its number of rows, as measured here while answers are computed.

Kernels compute rows in groups, and what is left over row by row. So cost does not grow evenly: on
two cores with Q4_0 three rows take 38 ms and four take 27 ms (docs/explanation/scheduling.md).

Costs also follow what all sizes share: how long the texts are by now, and who else wants the
cores. So a cost is kept as a shape, which is the size's own, times the conditions of the moment,
which are everybody's. A Kalman filter divides each step's surprise between the two: the shape takes
most of it while the size is hardly known or was not computed for long, the conditions where it is
computed again and again. Both move to the same side, so that a difference between first and later
steps cannot drive them apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SHAPE_STEPS = 4  # steps of a size that make it known well enough to be compared
# Variances of logarithms, so 0.01 is a tenth of the time more or less.
NOISE = 0.01  # of a step
GRAPH_NOISE = 0.06  # of a slow first step of a size: it also built the engine's graph anew
NEW_SHAPE = 0.1  # of a size that was computed once
SHAPE_DRIFT = 0.0003  # with every step, also those of other sizes
CONDITIONS_DRIFT = 0.001
LARGEST_SURPRISE = math.log(2.0)  # steps may lose their core for a moment; none is fast by accident
CLEARLY_CHEAPER = 0.97


@dataclass(slots=True)
class _Estimate:
    """The logarithm of a time or a factor, the variance of it, and the step it is of."""

    value: float
    variance: float
    at_step: int = 0

    def aged(self, step: int, drift: float) -> float:
        """Return the variance by now."""
        return self.variance + drift * (step - self.at_step)

    def correct(self, variance: float, gain: float, surprise: float, step: int) -> None:
        """Take a part of a surprise."""
        self.value += gain * surprise
        self.variance, self.at_step = variance * (1.0 - gain), step


class Staircase:
    """Seconds of a step by its number of rows, of which all have logits."""

    def __init__(self) -> None:
        self._shapes: dict[int, _Estimate] = {}
        self._conditions = _Estimate(0.0, 0.0)
        self._steps = 0
        self._size = 0  # of the last step

    def note(self, num_rows: int, seconds: float) -> None:
        """Take how long a step without prompts took.

        Args:
            num_rows: Its rows, drafts and padding counted in.
            seconds: How long it took.
        """
        if seconds <= 0.0:
            return
        self._steps += 1
        is_first, self._size = num_rows != self._size, num_rows
        took, shape = math.log(seconds) - self._conditions.value, self._shapes.get(num_rows)
        if shape is None:
            self._shapes[num_rows] = _Estimate(took, NEW_SHAPE, self._steps)
            return
        surprise = min(took - shape.value, LARGEST_SURPRISE)
        noise = GRAPH_NOISE if is_first and surprise > 0.0 else NOISE
        own = shape.aged(self._steps, SHAPE_DRIFT)
        common = self._conditions.aged(self._steps, CONDITIONS_DRIFT)
        total = own + common + noise
        shape.correct(own, own / total, surprise, self._steps)
        surprise = max(surprise, -LARGEST_SURPRISE)
        self._conditions.correct(common, common / total, surprise, self._steps)

    def cost(self, num_rows: int) -> float | None:
        """Return the seconds that a step of so many rows would take now; None if never tried."""
        shape = self._shapes.get(num_rows)
        return None if shape is None else math.exp(shape.value + self._conditions.value)

    def best_size(self, num_rows: int, limit: int) -> int:
        """Return the cheapest size that holds so many rows.

        Args:
            num_rows: Rows that are wanted.
            limit: Most rows that a step may have.

        Returns:
            `num_rows` where no larger size is known to be clearly cheaper.
        """
        known = self._shapes.get(num_rows)
        if known is None:
            return num_rows
        larger = [size for size in self._shapes if num_rows < size <= limit]
        best = min(larger, key=lambda size: self._shapes[size].value, default=num_rows)
        gain = known.value - self._shapes[best].value
        return best if gain > -math.log(CLEARLY_CHEAPER) else num_rows
