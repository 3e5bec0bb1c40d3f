"""Two models side by side: the divergence against a direct computation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearth.engine.scoring import ScoringSettings, open_pair
from hearth.errors import InvalidRequest
from support.direct import direct_logits, log_softmax
from support.pico import write_pico, write_sentencepiece_pico

pytestmark = pytest.mark.tiny

SETTINGS = ScoringSettings(context=256, micro_batch=64, threads=1)
TOKENS = [(7 * place * place + 3) % 250 for place in range(150)]


def test_a_model_is_at_no_distance_from_itself(pico_path: Path) -> None:
    with open_pair(pico_path, pico_path, SETTINGS) as pair:
        found = pair.compare(TOKENS)
    assert found.same_top.all()
    assert np.array_equal(found.reference, found.candidate)
    assert found.kl.max() < 1e-12


def test_the_divergence_is_that_of_a_direct_computation(pico_path: Path, tmp_path: Path) -> None:
    other = write_pico(tmp_path / "other.gguf", seed=1)
    with open_pair(pico_path, other, SETTINGS) as pair:
        found = pair.compare(TOKENS, start=40)
    expected = log_softmax(direct_logits(pico_path, TOKENS, rows=64))[39:-1]
    candidate = log_softmax(direct_logits(other, TOKENS, rows=64))[39:-1]
    wanted = (np.exp(expected) * (expected - candidate)).sum(axis=1)
    np.testing.assert_allclose(found.kl, wanted, rtol=1e-5)
    assert found.kl.mean() == pytest.approx(wanted.mean(), rel=1e-6)
    same = expected.argmax(axis=1) == candidate.argmax(axis=1)
    assert np.array_equal(found.same_top, same)


def test_each_of_a_pair_can_be_asked_alone(pico_path: Path, tmp_path: Path) -> None:
    other = write_pico(tmp_path / "other.gguf", seed=1)
    with open_pair(pico_path, other, SETTINGS) as pair:
        both = pair.compare(TOKENS)
        assert np.array_equal(pair.reference.score(TOKENS), both.reference)
        assert np.array_equal(pair.candidate.score(TOKENS), both.candidate)


def test_two_settings_of_one_model_are_compared(tmp_path: Path) -> None:
    path = write_pico(tmp_path / "wide.gguf", num_heads=2)  # its heads fill blocks of q8_0
    packed = ScoringSettings(context=256, kv_type="q8_0", threads=1)
    with open_pair(path, path, SETTINGS, packed) as pair:
        found = pair.compare(TOKENS)
        assert pair.reference.settings["kv_type"] == "f16"
        assert pair.candidate.settings["kv_type"] == "q8_0"
    assert 0 < found.kl.mean() < 1e-2


def test_models_with_other_vocabularies_are_refused(pico_path: Path, tmp_path: Path) -> None:
    other = write_sentencepiece_pico(tmp_path / "other.gguf")
    with pytest.raises(InvalidRequest, match="cannot be compared"):
        open_pair(pico_path, other, SETTINGS)
