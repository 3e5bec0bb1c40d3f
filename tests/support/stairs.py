"""Staircases that say what a test wants them to say."""

from __future__ import annotations

from collections import Counter

from hearth.engine.worker.staircase import Staircase


class Fours(Staircase):
    """Says that steps in whole fours are the cheapest; counts the sizes that were computed."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: Counter[int] = Counter()

    def note(self, num_rows: int, seconds: float) -> None:
        self.sizes[num_rows] += 1

    def best_size(self, num_rows: int, limit: int) -> int:
        whole = num_rows - num_rows % -4
        return whole if whole <= limit else num_rows
