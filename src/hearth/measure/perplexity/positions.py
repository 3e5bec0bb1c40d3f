"""Perplexity against the position in the context: where a model, or a scaling, loses the thread."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hearth.measure.perplexity.figures import perplexity
from hearth.measure.perplexity.scoring import Scored
from hearth.measure.statistics import Interval

FIRST_END = 32  # of the first stretch; each further one is as long as all before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Positions of a window, and the perplexity of the tokens there.

    Args:
        begin: The first position.
        end: The one after the last.
    """

    begin: int
    end: int
    num_tokens: int
    perplexity: Interval


def by_position(scored: Scored) -> tuple[Stretch, ...]:
    """Return the perplexity of stretches of positions, each twice as far as the one before."""
    longest = int(scored.positions.max()) + 1
    edges = [
        1,
        *(FIRST_END << power for power in range(64) if FIRST_END << power < longest),
        longest,
    ]
    found = []
    for begin, end in pairwise(edges):
        inside = np.flatnonzero((scored.positions >= begin) & (scored.positions < end))
        if len(inside):
            figure = perplexity(scored.nats[inside], scored.windows[inside])
            found.append(Stretch(begin=begin, end=end, num_tokens=len(inside), perplexity=figure))
    return tuple(found)
