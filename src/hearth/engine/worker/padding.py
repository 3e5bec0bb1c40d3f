"""How many rows a step of answers is given: as many as it has, or a few more where that is cheaper.

Rows of padding are thrown away. Whether a larger size is cheaper is measured while answers grow:
now and then a larger size is computed for a few steps, or the bare one where padding is in use.
What is tried in vain is tried less and less often.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hearth.engine.worker.staircase import SHAPE_STEPS, Staircase

GROUP = 4  # kernels compute rows in groups of 4, 8 or 16
TRIAL_STEPS = SHAPE_STEPS - 1
FIRST_PAUSE_STEPS = 16
LONGEST_PAUSE_STEPS = 2048
CLOSE = 1.15  # times the cheapest: what is dearer than that was not mismeasured
LONGER = 4  # each pause than the one before, while nothing changes


@dataclass(slots=True)
class _Trial:
    """When sizes are tried for one number of rows.

    Args:
        steps: Steps until the next trial.
        pause: Steps between the last trial and the next one.
        queue: Sizes that are still to be computed in this trial, the last one first.
        best: The size that was the cheapest when the last trial began.
    """

    steps: int = FIRST_PAUSE_STEPS
    pause: int = FIRST_PAUSE_STEPS
    queue: list[int] = field(default_factory=list)
    best: int = 0


class Padding:
    """Chooses the size of steps that only let answers grow.

    Args:
        staircase: What sizes cost.
        limit: Most rows of a step.
        is_on: Whether steps may be padded.
    """

    def __init__(self, staircase: Staircase, limit: int, *, is_on: bool) -> None:
        self._staircase = staircase
        self._limit = limit
        self._is_on = is_on
        self._trials: dict[int, _Trial] = {}

    def size(self, num_rows: int, *, may_try: bool) -> int:
        """Return how many rows the next step shall have.

        Args:
            num_rows: Rows that it needs.
            may_try: Whether steps go on like this one, so that times can be compared.
        """
        if not self._is_on or num_rows >= self._limit:
            return num_rows
        trial = self._trials.get(num_rows)
        if trial is None:
            trial = self._trials[num_rows] = _Trial()
        if may_try and not trial.queue:
            self._count(num_rows, trial)
        if may_try and trial.queue:
            return trial.queue.pop()
        return self._staircase.best_size(num_rows, self._limit)

    def _count(self, num_rows: int, trial: _Trial) -> None:
        """Count a step, and begin a trial where it is time for one."""
        trial.steps -= 1
        if trial.steps > 0:
            return
        best = self._staircase.best_size(num_rows, self._limit)
        pause = min(LONGER * trial.pause, LONGEST_PAUSE_STEPS)
        trial.pause = pause if trial.best in (0, best) else FIRST_PAUSE_STEPS
        trial.steps, trial.best = trial.pause, best
        for size in self._worth_trying(num_rows):
            if size != best:
                is_asked = size == num_rows or self._is_close(size, best)
                trial.queue += [size] * (TRIAL_STEPS if is_asked else 1)

    def _is_close(self, size: int, best: int) -> bool:
        """Tell whether a larger size could be the cheapest; of others one step will do."""
        cost, least = self._staircase.cost(size), self._staircase.cost(best)
        return cost is not None and least is not None and cost < CLOSE * least

    def _worth_trying(self, num_rows: int) -> list[int]:
        """Return the sizes that could be the cheapest: the bare one, and whole groups above it."""
        whole = num_rows + GROUP - num_rows % GROUP
        most = min(self._limit, num_rows + max(GROUP - 1, num_rows // 2))
        return [num_rows, *range(whole, most + 1, GROUP)]
