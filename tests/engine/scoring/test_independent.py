"""Scores against an implementation of the architecture that shares nothing with the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearth.engine.scoring import ScoringSettings, open_pair
from support.direct import log_softmax
from support.llama_numpy import NumpyLlama
from support.pico import write_pico

pytestmark = pytest.mark.tiny

TOKENS = [(7 * place * place + 3) % 250 for place in range(150)]


def test_perplexity_and_divergence_are_within_half_a_percent(
    pico_path: Path, tmp_path: Path
) -> None:
    other = write_pico(tmp_path / "other.gguf", seed=1)
    with open_pair(pico_path, other, ScoringSettings(context=256, threads=1)) as pair:
        found = pair.compare(TOKENS)
    expected, candidate = (
        log_softmax(NumpyLlama(path).logits(TOKENS)[:-1]) for path in (pico_path, other)
    )
    places = np.arange(len(TOKENS) - 1)
    wanted = np.exp(-expected[places, TOKENS[1:]].mean())
    assert np.exp(-found.reference.mean()) == pytest.approx(wanted, rel=5e-3)
    divergence = (np.exp(expected) * (expected - candidate)).sum(axis=1).mean()
    assert found.kl.mean() == pytest.approx(divergence, rel=5e-3)
