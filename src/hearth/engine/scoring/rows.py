"""From rows of logits to figures, in double precision.

    log p(token) = x[token] - max(x) - log(sum(exp(x - max(x))))
    KL(p || q)   = sum(p * (x - y)) - (log-sum-exp(x) - log-sum-exp(y))

A row fits the second-level cache as float64, so that each is taken through all steps before the
next. NumPy computes them without the interpreter's lock, so rows are shared out among as many
threads as the engine has, which rests meanwhile. Those threads are started before the engine's:
the engine binds its own to cores, and whatever starts later would inherit that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]  # (num_rows, vocab_size)
Figures = NDArray[np.float64]


class RowPool:
    """Threads that share out rows.

    Args:
        threads: How many, the calling one counted.
    """

    def __init__(self, threads: int) -> None:
        self._parts = threads
        self._workers = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="rows")
        all_here = threading.Barrier(threads)
        for _ in range(threads - 1):  # a pool starts threads only when it needs them
            self._workers.submit(all_here.wait)
        all_here.wait()

    def log_probs(self, logits: Logits, tokens: Sequence[int]) -> Figures:
        """Return log p of one token in each row."""
        found = np.empty(len(logits))

        def reduce(rows: range) -> None:
            scratch = np.empty(logits.shape[1])
            for row in rows:
                top, total = _exponentials(logits[row], scratch)
                found[row] = float(logits[row, tokens[row]]) - (top + float(np.log(total)))

        self._share_out(len(logits), reduce)
        return found

    def compare(self, reference: Logits, candidate: Logits, tokens: Sequence[int]) -> Figures:
        """Compare two models' rows.

        Returns:
            Shape (4, num_rows): log p of the token by the reference and by the candidate, the
            divergence of the candidate from the reference, and 1 where both have the same most
            likely token, 0 elsewhere.
        """
        found = np.empty((4, len(reference)))

        def reduce(rows: range) -> None:
            scratch = np.empty((3, reference.shape[1]))
            for row in rows:
                found[:3, row] = _compared(reference[row], candidate[row], tokens[row], scratch)
                found[3, row] = reference[row].argmax() == candidate[row].argmax()

        self._share_out(len(reference), reduce)
        return found

    def _share_out(self, num_rows: int, reduce: Callable[[range], None]) -> None:
        ends = [num_rows * part // self._parts for part in range(self._parts + 1)]
        parts = [range(begin, end) for begin, end in pairwise(ends)]
        running = [self._workers.submit(reduce, part) for part in parts[1:]]
        reduce(parts[0])
        for part in running:
            part.result()


def log_softmax(row: NDArray[np.float32]) -> Figures:
    """Return log p of every token of a row."""
    scratch = np.empty(len(row))
    top, total = _exponentials(row, scratch)
    expected: Figures = row.astype(np.float64) - (top + float(np.log(total)))
    return expected


def _exponentials(row: NDArray[np.float32], into: Figures) -> tuple[float, float]:
    """Write exp(x - max(x)); return the largest x, and the sum of what was written."""
    top = float(row.max())
    np.subtract(row, top, out=into, dtype=np.float64)
    np.exp(into, out=into)
    return top, float(into.sum())


def _compared(
    reference: NDArray[np.float32],
    candidate: NDArray[np.float32],
    token: int,
    scratch: Figures,
) -> tuple[float, float, float]:
    weights, difference, other = scratch
    top, total = _exponentials(reference, weights)
    other_top, other_total = _exponentials(candidate, other)
    np.subtract(reference, candidate, out=difference, dtype=np.float64)
    np.multiply(weights, difference, out=difference)
    if not weights.all():  # a token that cannot occur adds nothing, whatever the other thinks of it
        difference[weights == 0] = 0.0
    normalizer = top + float(np.log(total))
    other_normalizer = other_top + float(np.log(other_total))
    mean = float(difference.sum()) / total
    return (
        float(reference[token]) - normalizer,
        float(candidate[token]) - other_normalizer,
        # Rounding can leave a divergence of nothing a little below it.
        max(0.0, mean - normalizer + other_normalizer),
    )
