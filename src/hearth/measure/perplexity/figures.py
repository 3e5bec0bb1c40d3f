"""From scored tokens to figures with intervals.

    perplexity     exp(-mean(log p))                    comparable for one tokenizer alone
    bits per byte  sum(-log2 p) / bytes of the tokens   comparable for all models

Tokens of one window depend on each other, so it is windows that are taken as drawn at random: each
figure is a ratio of sums over windows, and its interval Student's, of the ratio's linear
approximation by window. Source: Cochran, "Sampling Techniques", 3rd edition, section 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hearth.measure.statistics import Interval, mean_interval

Array = NDArray[np.float64]
Groups = NDArray[np.int64]
HOW = "Student's t over windows"


def ratio_of_sums(above: Sequence[float] | Array, below: Sequence[float] | Array) -> Interval:
    """Return the ratio of two sums over windows, with its interval.

    Args:
        above: One number for each window.
        below: Likewise, positive.
    """
    over, under = np.asarray(above, np.float64), np.asarray(below, np.float64)
    ratio = over.sum() / under.sum()
    # Its mean is the ratio exactly, and its spread that of the ratio to first order.
    linear = ratio + (over - ratio * under) / under.mean()
    found = mean_interval(linear.tolist())
    how = found.how if found.level == 0 else HOW
    return Interval(value=float(ratio), low=found.low, high=found.high, level=found.level, how=how)


def perplexity(nats: Array, groups: Groups) -> Interval:
    """Return the perplexity of tokens.

    Args:
        nats: -log p of each token.
        groups: Number of the window that each token is in.
    """
    return exponential(ratio_of_sums(by_group(nats, groups), by_group(np.ones(len(nats)), groups)))


def bits_per_byte(nats: Array, num_bytes: Array, groups: Groups) -> Interval:
    """Return the bits that a byte of the text takes.

    Args:
        nats: -log p of each token.
        num_bytes: Length of each token in UTF-8.
        groups: Number of the window that each token is in.
    """
    bits = by_group(nats, groups) / math.log(2)
    return ratio_of_sums(bits, np.maximum(by_group(num_bytes, groups), 1.0))


def mean(values: Array, groups: Groups) -> Interval:
    """Return the mean of a figure over tokens."""
    return ratio_of_sums(by_group(values, groups), by_group(np.ones(len(values)), groups))


def exponential(interval: Interval) -> Interval:
    """Return the interval of exp(value)."""
    return Interval(
        value=math.exp(interval.value),
        low=math.exp(interval.low),
        high=math.exp(interval.high),
        level=interval.level,
        how=interval.how,
    )


def root(interval: Interval) -> Interval:
    """Return the interval of a square root; an end below zero counts as zero."""
    return Interval(
        value=math.sqrt(interval.value),
        low=math.sqrt(max(0.0, interval.low)),
        high=math.sqrt(interval.high),
        level=interval.level,
        how=interval.how,
    )


def by_group(values: Array, groups: Groups) -> Array:
    """Return the sum of each group that occurs, in the order of their numbers."""
    _, places = np.unique(groups, return_inverse=True)
    return np.bincount(places, weights=values).astype(np.float64)
