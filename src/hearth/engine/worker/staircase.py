"""What a step costs by its number of rows, as measured here while answers are computed.

Kernels compute rows in groups, and what is left over row by row. So cost does not grow evenly: on
two cores with Q4_0 three rows take 38 ms and four take 27 ms (docs/explanation/scheduling.md).

Costs also follow what all sizes share: how long the texts are by now, and who else wants the
cores. So a cost is kept as a shape, which is the size's own, times the conditions of the moment,
which are everybody's. A size that is computed again and again tells of the conditions; the first
steps after another size tell of the shape, since the conditions are still those of the step before.
"""

from __future__ import annotations

GRAPH_STEPS = 1  # the first step at another size also builds the engine's graph anew
SHAPE_STEPS = 4  # steps from a change of size on that tell of the shape
SHAPE_GAIN = 0.5  # how much of a surprise is believed, as an exponent
GRAPH_GAIN = 0.1
CONDITIONS_GAIN = 0.2
LARGEST_SURPRISE = 2.0  # steps may lose their core for a moment; none is fast by accident
CLEARLY_CHEAPER = 0.97


class Staircase:
    """Seconds of a step by its number of rows, of which all have logits."""

    def __init__(self) -> None:
        self._shape: dict[int, float] = {}
        self._conditions = 1.0
        self._size = 0
        self._steps_at_size = 0

    def note(self, num_rows: int, seconds: float) -> None:
        """Take how long a step without prompts took.

        Args:
            num_rows: Its rows, drafts and padding counted in.
            seconds: How long it took.
        """
        if seconds <= 0.0:
            return
        self._steps_at_size = self._steps_at_size + 1 if num_rows == self._size else 1
        self._size = num_rows
        known = self._shape.get(num_rows)
        if known is None:
            self._shape[num_rows] = seconds / self._conditions
            return
        surprise = min(seconds / (known * self._conditions), LARGEST_SURPRISE)
        if self._steps_at_size <= GRAPH_STEPS:
            self._shape[num_rows] = known * surprise**GRAPH_GAIN
        elif self._steps_at_size <= SHAPE_STEPS:
            self._shape[num_rows] = known * surprise**SHAPE_GAIN
        else:
            self._conditions *= surprise**CONDITIONS_GAIN

    def cost(self, num_rows: int) -> float | None:
        """Return the seconds that a step of so many rows would take now; None if never tried."""
        shape = self._shape.get(num_rows)
        return None if shape is None else shape * self._conditions

    def best_size(self, num_rows: int, limit: int) -> int:
        """Return the cheapest size that holds so many rows.

        Args:
            num_rows: Rows that are wanted.
            limit: Most rows that a step may have.

        Returns:
            `num_rows` where no larger size is known to be clearly cheaper.
        """
        known = self._shape.get(num_rows)
        if known is None:
            return num_rows
        larger = [size for size in self._shape if num_rows < size <= limit]
        best = min(larger, key=self._shape.__getitem__, default=num_rows)
        return best if self._shape[best] < CLEARLY_CHEAPER * known else num_rows
