"""What the numbers of one tensor are like, computed in two passes over its bytes.

The first pass finds range, mean and spread (Chan's way to join pieces, in float64); the second
counts outliers and fills the histogram, for which mean and spread must be known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hearth.models.bytes import ByteSource
from hearth.models.card import TensorEntry
from hearth.models.inside.numbers import Numbers, read_numbers

OUTLIER_STDS = 6.0  # of a normal distribution one number in 500 million is further out
HISTOGRAM_STDS = 4.0
NUM_BINS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How many numbers fall where: equal bins around the mean, and what lies beyond them.

    Args:
        low: Lower edge of the first bin; `high` is the upper edge of the last.
        counts: Numbers per bin.
        below: Numbers under the first bin; `above` are those over the last.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    below: int
    above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorStats:
    """What a tensor's numbers are like; the figures are of the finite ones.

    Args:
        num_nan: Elements that are no number; `num_infinite` are those without bound.
        num_zeros: Elements that are exactly 0.
        mean_magnitude: Mean of the absolute values.
        kurtosis: Fourth moment over the squared second, less 3: 0 for a normal distribution, and
            large where few numbers carry much, which makes quantizing hard.
        outliers: Numbers further than six standard deviations from the mean.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    size_bytes: int
    num_elements: int
    num_nan: int
    num_infinite: int
    num_zeros: int
    minimum: float
    maximum: float
    mean: float
    std: float
    mean_magnitude: float
    kurtosis: float
    outliers: int
    histogram: Histogram


def tensor_stats(source: ByteSource, tensor: TensorEntry) -> TensorStats:
    """Compute the figures of one tensor.

    Args:
        source: The file that holds it; its bytes are read twice.
        tensor: The tensor.

    Raises:
        InvalidRequest: Its numbers cannot be computed here.
        BadModelFile: The file became shorter while it was read.
    """
    moments = _Moments()
    for piece in read_numbers(source, tensor):
        moments.add(piece)
    spread = _Spread(moments)
    for piece in read_numbers(source, tensor):
        spread.add(piece)
    return TensorStats(
        name=tensor.name,
        type=tensor.type,
        shape=tensor.shape,
        size_bytes=tensor.size_bytes,
        num_elements=math.prod(tensor.shape),
        num_nan=moments.num_nan,
        num_infinite=moments.num_infinite,
        num_zeros=moments.num_zeros,
        minimum=moments.minimum if moments.count else 0.0,
        maximum=moments.maximum if moments.count else 0.0,
        mean=moments.mean,
        std=moments.std,
        mean_magnitude=moments.sum_magnitudes / moments.count if moments.count else 0.0,
        kurtosis=spread.kurtosis,
        outliers=spread.outliers,
        histogram=spread.histogram,
    )


class _Moments:
    """The first pass."""

    def __init__(self) -> None:
        self.count = self.num_nan = self.num_infinite = self.num_zeros = 0
        self.minimum, self.maximum = math.inf, -math.inf
        self.mean = self.sum_magnitudes = 0.0
        self._squares = 0.0  # sum of squared distances from the mean

    @property
    def std(self) -> float:
        return math.sqrt(self._squares / self.count) if self.count else 0.0

    def add(self, piece: Numbers) -> None:
        finite = _finite(piece)
        if finite.size < piece.size:
            num_nan = int(np.isnan(piece).sum())
            self.num_nan += num_nan
            self.num_infinite += piece.size - finite.size - num_nan
        if not finite.size:
            return
        self.num_zeros += finite.size - int(np.count_nonzero(finite))
        self.minimum = min(self.minimum, float(finite.min()))
        self.maximum = max(self.maximum, float(finite.max()))
        wide = finite.astype(np.float64)
        self.sum_magnitudes += float(np.abs(wide).sum())
        mean = float(wide.mean())
        shift = mean - self.mean
        total = self.count + wide.size
        self._squares += float(np.square(wide - mean).sum())
        self._squares += shift**2 * self.count * wide.size / total
        self.mean += shift * wide.size / total
        self.count = total


class _Spread:
    """The second pass, around the mean that the first one found."""

    def __init__(self, moments: _Moments) -> None:
        self._mean, self._std = moments.mean, moments.std
        self._count = moments.count
        self._fourths = 0.0
        self.outliers = 0
        reach = HISTOGRAM_STDS * self._std
        low = max(moments.minimum, self._mean - reach) if moments.count else 0.0
        high = min(moments.maximum, self._mean + reach) if moments.count else 0.0
        # A tensor of one value alone still gets bins of some width.
        margin = 0.0 if low < high else max(abs(low), 1.0) / 2
        self._low, self._high = low - margin, high + margin
        self._counts = np.zeros(NUM_BINS + 2, np.int64)  # with what lies below and above

    @property
    def kurtosis(self) -> float:
        if not self._std:
            return 0.0
        return self._fourths / self._count / self._std**4 - 3

    @property
    def histogram(self) -> Histogram:
        return Histogram(
            low=self._low,
            high=self._high,
            counts=tuple(self._counts[1:-1].tolist()),
            below=int(self._counts[0]),
            above=int(self._counts[-1]),
        )

    def add(self, piece: Numbers) -> None:
        wide = _finite(piece).astype(np.float64)
        squares = np.square(wide - self._mean)
        self._fourths += float(np.square(squares).sum())
        limit = (OUTLIER_STDS * self._std) ** 2
        self.outliers += int(np.count_nonzero(squares > limit))
        # The upper edge itself belongs to the last bin.
        scale = NUM_BINS / (self._high - self._low) * (1 - 1e-12)
        bins = np.floor((wide - self._low) * scale) + 1
        places = np.clip(bins, 0, NUM_BINS + 1).astype(np.intp)
        self._counts += np.bincount(places, minlength=NUM_BINS + 2)


def _finite(piece: Numbers) -> Numbers:
    """Return the elements that are numbers: nearly always the piece as it is."""
    is_finite = np.isfinite(piece)
    return piece if is_finite.all() else piece[is_finite]
