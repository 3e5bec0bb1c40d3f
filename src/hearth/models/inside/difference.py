"""How far two tensors of the same shape are apart, measured in one pass over both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from hearth.models.inside.numbers import Numbers


class Difference:
    """The distance of two tensors, filled piece by piece.

    `squares` are sums over all elements: of the first, of the second, and of their difference.
    """

    def __init__(self) -> None:
        self.before_squares = self.after_squares = self.squares = self.products = 0.0
        self.largest = 0.0
        self.num_changed = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[Numbers, Numbers]]) -> Difference:
        """Measure two tensors that come in pieces of the same size."""
        found = cls()
        for before, after in pairs:
            found.add(before, after)
        return found

    def add(self, before: Numbers, after: Numbers) -> None:
        """Take the next piece of each."""
        first, second = before.astype(np.float64), after.astype(np.float64)
        apart = second - first
        # Not as dot products: BLAS would wake its threads for each of these small pieces.
        self.before_squares += float(np.square(first).sum())
        self.after_squares += float(np.square(second).sum())
        self.products += float((first * second).sum())
        self.squares += float(np.square(apart).sum())
        self.largest = max(self.largest, float(np.abs(apart).max(initial=0.0)))
        self.num_changed += int(np.count_nonzero(apart))

    @property
    def relative_error(self) -> float | None:
        """Length of the difference over the length of the first; None where that is 0 or no number.

        0 is the same, 1 is as far as the first is from nothing.
        """
        if not self.num_changed:
            return 0.0
        if not self.before_squares or not math.isfinite(self.squares / self.before_squares):
            return None
        return math.sqrt(self.squares / self.before_squares)

    @property
    def cosine(self) -> float | None:
        """Cosine of the angle between the two: 1 in the same direction, 0 unrelated."""
        lengths = math.sqrt(self.before_squares) * math.sqrt(self.after_squares)
        if not lengths or not math.isfinite(self.products / lengths):
            return None
        return self.products / lengths


def reordered(pieces: Iterable[Numbers], head_size: int, width: int) -> Iterator[Numbers]:
    """Put the rows of query and key matrices into the order that llama.cpp's converter gives them.

    PyTorch rotates the first half of a head with the second, llama.cpp each number with its
    neighbour, so the converter moves row i of the second half behind row i of the first.

    Args:
        pieces: Whole heads each, as PyTorch models have them.
        head_size: Rows of a head.
        width: Elements of a row.
    """
    for piece in pieces:
        heads = piece.reshape(-1, 2, head_size // 2, width)
        yield heads.swapaxes(1, 2).reshape(-1)
