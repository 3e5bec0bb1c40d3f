"""How good each contestant is: the Bradley-Terry model with ties and places, fitted to votes.

Of contestants A and B with strengths a and b, A being on the left, and d = a - b + p,

    P(A wins) : P(B wins) : P(tie)  =  exp(d / 2) : exp(-d / 2) : exp(t)

(Davidson's model of ties with a term for the place, as Davidson and Beaver have it). Strengths are
normal around 0 with standard deviation 1 before the first vote, so that every set of votes has
finite ratings with honest intervals: one vote, ties alone, or contestants that never met.

Each two contestants have a tie term t and a place term p of their own. Some pairs are told apart
more easily than others; and only so does it hold that a vote for A never lowers A, neither by
itself nor against anyone (terms that all pairs share would let it change how the votes on other
pairs are read):

    With the best p and t for each strength difference, a pair's part of the log-likelihood is a
    concave function f(a - b), and one more vote for A makes f steeper everywhere. The maximum then
    moves along H^-1 (e_A - e_B), where H is a diagonal plus a Laplacian with weights -f'' >= 0; the
    entries of that vector are largest at A and smallest at B.

The uncertainty is Laplace's: a normal distribution around the maximum.

Sources:
    Davidson, "On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison
    Experiments", 1970. Davidson and Beaver, "On Extending the Bradley-Terry Model to Incorporate
    Within-Pair Order Effects", 1977.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from hearth.measure.arena.climbing import climb
from hearth.measure.arena.tallies import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """What is known of the strengths, as a normal distribution.

    Args:
        mean: Strengths in logits, around 0.  # (..., num_contestants)
        covariance: Their uncertainty.  # (..., num_contestants, num_contestants)
    """

    mean: Array
    covariance: Array

    def difference(self, first: int, second: int) -> tuple[Array, Array]:
        """Return mean and standard deviation of one strength minus another.  # (...) each."""
        variance = (
            self.covariance[..., first, first]
            + self.covariance[..., second, second]
            - 2 * self.covariance[..., first, second]
        )
        mean = self.mean[..., first] - self.mean[..., second]
        return np.asarray(mean), np.sqrt(variance)

    def p_better(self, first: int, second: int) -> float:
        """Return the probability that one contestant is better than another."""
        mean, deviation = self.difference(first, second)
        return float(special.ndtr(mean / deviation))

    def draws(self, random: np.random.Generator, count: int) -> Array:
        """Draw strengths from what is known of them.  # (..., count, num_contestants)."""
        root = np.linalg.cholesky(self.covariance)
        noise = random.standard_normal((*self.mean.shape[:-1], count, self.mean.shape[-1]))
        return np.asarray(self.mean[..., np.newaxis, :] + noise @ np.swapaxes(root, -1, -2))


def rate(counts: Array, num_contestants: int) -> Posterior:
    """Return what votes say of the strengths.

    Args:
        counts: As `tallies.counts_of` returns them; leading axes are sets of votes that are rated
            apart from each other, all at once.  # (..., num_pairs, 2, 3)
        num_contestants: At least 2.
    """
    top = climb(counts, num_contestants)
    return Posterior(mean=top.strengths, covariance=np.asarray(np.linalg.inv(top.precision)))
