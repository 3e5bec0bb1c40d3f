"""The strengths that votes make most likely, by Newton's method; the model is in `ratings.py`.

The terms of a pair meet the strengths only in that pair's difference, so that each step eliminates
them pair by pair and solves for the strengths alone. The function is concave, so that there is one
top, and steps that would go down are halved until they go up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from hearth.measure.arena.tallies import LOSS, TIE, WIN, Array, pairs_of

STRENGTH_SD = 1.0  # 174 Elo
PLACE_SD = 0.3
TIE_MEAN, TIE_SD = float(np.log(0.5)), 1.0  # one vote in five between equals is a tie

MAX_STEPS = 100
MAX_HALVINGS = 40
LAST_GAIN = 1e-10  # log-likelihood that a step still promises; the one after it is exact

_TERM_MEANS = np.array([0.0, TIE_MEAN])
_TERM_PRECISIONS = np.array([PLACE_SD**-2, TIE_SD**-2])
# How a vote's lead d and tie term follow from a pair's difference, place term and tie term, with
# the pair's first contestant on the left, and on the right.  # (2 sides, 2, 3)
_ON_SIDES = np.array([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [[1.0, -1.0, 0.0], [0.0, 0.0, 1.0]]])


@dataclass(frozen=True, slots=True)
class Top:
    """Where the likelihood of votes and the prior are largest together.

    Args:
        strengths: Of the contestants, in logits.  # (..., num_contestants)
        precision: How sharply the top falls off along the strengths, with the pairs' terms
            following as is best for them.  # (..., num_contestants, num_contestants)
    """

    strengths: Array
    precision: Array


def climb(counts: Array, num_contestants: int) -> Top:
    """Find the top for counts of votes; see `ratings.rate`."""
    *leading, num_pairs, _, _ = counts.shape
    hill = _Hill(counts, _incidence(num_contestants))
    point = _Point(
        np.zeros((*leading, num_contestants)),
        np.broadcast_to(_TERM_MEANS, (*leading, num_pairs, 2)),
    )
    for _ in range(MAX_STEPS):
        slope = hill.slope(point)
        point = hill.step_up(point, slope.step)
        if np.max(slope.gain, initial=0.0) < LAST_GAIN:
            break
    return Top(point.strengths, hill.slope(point).precision)


@dataclass(frozen=True, slots=True)
class _Point:
    """All parameters, or a step of them."""

    strengths: Array  # (..., num_contestants)
    terms: Array  # of places and ties  (..., num_pairs, 2)

    def moved(self, step: _Point, part: Array) -> _Point:
        return _Point(
            self.strengths + part[..., np.newaxis] * step.strengths,
            self.terms + part[..., np.newaxis, np.newaxis] * step.terms,
        )


@dataclass(frozen=True, slots=True)
class _Slope:
    """Newton's step from a point, what it promises, and the precision of the strengths there."""

    step: _Point
    gain: Array  # (...)
    precision: Array  # (..., num_contestants, num_contestants)


@dataclass(frozen=True, slots=True)
class _Hill:
    """The logarithm of likelihood times prior, as a function of all parameters."""

    counts: Array  # (..., num_pairs, 2, 3)
    incidence: Array  # 1 for a pair's first contestant, -1 for its second  (num_pairs, n)

    def height(self, point: _Point) -> Array:
        likelihood = np.sum(self.counts * self._log_probabilities(point), axis=(-3, -2, -1))
        strengths = np.sum(point.strengths**2, axis=-1) / STRENGTH_SD**2
        terms = np.sum((point.terms - _TERM_MEANS) ** 2 * _TERM_PRECISIONS, axis=(-2, -1))
        return np.asarray(likelihood - (strengths + terms) / 2)

    def step_up(self, point: _Point, step: _Point) -> _Point:
        """Take the largest part of a step, halved again and again, that does not lead down."""
        height = self.height(point)
        least = height - 1e-12 * np.abs(height)  # what rounding alone may cost
        part = np.ones_like(height)
        for _ in range(MAX_HALVINGS):
            moved = point.moved(step, part)
            is_down = self.height(moved) < least
            if not np.any(is_down):
                break
            part = np.where(is_down, part / 2, part)
        return moved

    def slope(self, point: _Point) -> _Slope:
        gradient, curvature = self._of_pairs(point)
        across = curvature[..., 0, 1:]  # between a pair's difference and its terms
        both = np.stack([gradient[..., 1:], across], axis=-1)
        # (..., num_pairs, 2, 2)
        pulls = np.asarray(np.linalg.solve(curvature[..., 1:, 1:], both), dtype=np.float64)
        weights = curvature[..., 0, 0] - np.sum(across * pulls[..., 1], axis=-1)
        uphill = gradient[..., 0] - np.sum(across * pulls[..., 0], axis=-1)

        along = uphill @ self.incidence - point.strengths / STRENGTH_SD**2
        identity = np.eye(self.incidence.shape[1]) / STRENGTH_SD**2
        precision = identity + np.swapaxes(self.incidence, 0, 1) @ (
            weights[..., np.newaxis] * self.incidence
        )
        strengths = np.asarray(np.linalg.solve(precision, along[..., np.newaxis])[..., 0], float)
        differences = strengths @ self.incidence.T
        terms = pulls[..., 0] - differences[..., np.newaxis] * pulls[..., 1]
        gain = np.sum(strengths * along, axis=-1) + np.sum(
            gradient[..., 1:] * pulls[..., 0], axis=(-2, -1)
        )
        return _Slope(_Point(strengths, terms), gain, precision)

    def _of_pairs(self, point: _Point) -> tuple[Array, Array]:
        """Return slope and curvature of each pair in its difference and terms, the prior included.

        Returns:
            The gradient, # (..., num_pairs, 3), and minus the Hessian, # (..., num_pairs, 3, 3).
        """
        chances = np.exp(self._log_probabilities(point))
        num_votes = np.sum(self.counts, axis=-1)  # (..., num_pairs, 2)
        lead = chances[..., WIN] - chances[..., LOSS]
        tie = chances[..., TIE]
        won = self.counts[..., WIN] - self.counts[..., LOSS]
        by_side = np.stack(
            [(won - num_votes * lead) / 2, self.counts[..., TIE] - num_votes * tie], axis=-1
        )
        mixed = -num_votes * lead * tie / 2
        bends = np.stack(
            [
                np.stack([num_votes * (1 - tie - lead**2) / 4, mixed], axis=-1),
                np.stack([mixed, num_votes * tie * (1 - tie)], axis=-1),
            ],
            axis=-2,
        )
        gradient = np.einsum("...si,sij->...j", by_side, _ON_SIDES)
        curvature = np.einsum("sik,...sij,sjl->...kl", _ON_SIDES, bends, _ON_SIDES)
        gradient[..., 1:] -= (point.terms - _TERM_MEANS) * _TERM_PRECISIONS
        curvature[..., [1, 2], [1, 2]] += _TERM_PRECISIONS
        return gradient, curvature

    def _log_probabilities(self, point: _Point) -> Array:
        """Return those of each pair's outcomes on each side.  # (..., num_pairs, 2, 3)."""
        differences = point.strengths @ self.incidence.T
        parameters = np.concatenate([differences[..., np.newaxis], point.terms], axis=-1)
        on_sides = np.einsum("sij,...j->...si", _ON_SIDES, parameters)
        halves = on_sides[..., 0] / 2
        odds = np.stack([halves, -halves, on_sides[..., 1]], axis=-1)  # as WIN, LOSS, TIE
        return np.asarray(special.log_softmax(odds, axis=-1))


def _incidence(num_contestants: int) -> Array:
    pairs = pairs_of(num_contestants)
    rows = np.arange(len(pairs))
    made = np.zeros((len(pairs), num_contestants))
    made[rows, pairs[:, 0]], made[rows, pairs[:, 1]] = 1.0, -1.0
    return made
