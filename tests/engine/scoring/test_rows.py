"""From logits to figures: extremes, and what several threads make of many rows."""

from __future__ import annotations

import numpy as np
import pytest

from hearth.engine.scoring.rows import RowPool, log_softmax
from support.direct import log_softmax as directly


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("num_rows", [1, 2, 7])
def test_rows_are_shared_out_without_losing_any(threads: int, num_rows: int) -> None:
    random = np.random.default_rng(num_rows)
    logits = random.normal(scale=8.0, size=(num_rows, 1000)).astype(np.float32)
    tokens = random.integers(1000, size=num_rows).tolist()
    wanted = directly(logits)[np.arange(num_rows), tokens]
    np.testing.assert_allclose(RowPool(threads).log_probs(logits, tokens), wanted, rtol=1e-12)


def test_large_logits_do_not_overflow() -> None:
    row = np.array([3e4, 3e4, -3e4], np.float32)
    np.testing.assert_allclose(log_softmax(row)[:2], np.log(0.5))


def test_a_shift_of_all_logits_is_no_divergence() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 500)).astype(np.float32)
    shifted = logits + np.float32(8.0)
    reference, candidate, kl, same = RowPool(1).compare(logits, shifted, [1, 2, 3])
    np.testing.assert_allclose(reference, candidate, atol=1e-6)
    assert kl.max() < 1e-6
    assert same.all()


def test_a_token_that_cannot_occur_adds_nothing() -> None:
    logits = np.array([[0.0, 0.0, -np.inf]], np.float32)
    other = np.array([[0.0, 0.0, -np.inf]], np.float32)
    with np.errstate(invalid="ignore"):
        found = RowPool(1).compare(logits, other, [0])
    assert found[2, 0] == pytest.approx(0.0, abs=1e-12)


def test_an_impossible_token_costs_the_candidate_everything() -> None:
    logits = np.array([[0.0, 0.0]], np.float32)
    other = np.array([[0.0, -np.inf]], np.float32)
    assert RowPool(1).compare(logits, other, [0])[2, 0] == np.inf
