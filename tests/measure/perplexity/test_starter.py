"""The starter model against implementations that share nothing with the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearth.config import load_config
from hearth.engine.scoring import ScoringSettings, open_pair, open_scorer
from hearth.measure.perplexity import own_text
from support.direct import direct_log_probs, direct_logits, log_softmax

pytestmark = pytest.mark.starter

SETTINGS = ScoringSettings(context=512, threads=1)
NUM_TOKENS = 96


@pytest.fixture(scope="module")
def tokens_and_scores(
    starter_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[int], np.ndarray]:
    """Return tokens of a text, and what Hearth's scorer makes of them."""
    config = load_config(home=tmp_path_factory.mktemp("home"), other_programs=False)
    with open_scorer(starter_path, SETTINGS, config=config) as scorer:
        tokens = scorer.tokenize(own_text().content, add_special=True)[2000 : 2000 + NUM_TOKENS]
        return tokens, scorer.score(tokens)


def perplexity(log_probs: np.ndarray) -> float:
    return float(np.exp(-log_probs.mean()))


def test_it_is_the_raw_api_in_double_precision(
    tokens_and_scores: tuple[list[int], np.ndarray], starter_path: Path
) -> None:
    tokens, scores = tokens_and_scores
    # Batches of one shape: Hearth does not compute what stands behind the last token.
    wanted = direct_log_probs(starter_path, tokens[:-1])
    assert perplexity(scores[:-1]) == pytest.approx(perplexity(wanted), rel=1e-6)


def test_the_divergence_is_the_raw_apis_in_double_precision(
    tokens_and_scores: tuple[list[int], np.ndarray], starter_path: Path
) -> None:
    tokens, _ = tokens_and_scores
    packed = ScoringSettings(context=512, threads=1, kv_type="q8_0")
    with open_pair(starter_path, starter_path, SETTINGS, packed) as pair:
        found = pair.compare(tokens)
    q8_0 = {"type_k": 8, "type_v": 8, "flash_attn_type": 1}
    expected = log_softmax(direct_logits(starter_path, tokens[:-1]))
    candidate = log_softmax(direct_logits(starter_path, tokens[:-1], **q8_0))
    wanted = (np.exp(expected) * (expected - candidate)).sum(axis=1)
    assert found.kl.mean() == pytest.approx(wanted.mean(), rel=1e-6)


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_is_within_half_a_percent_of_transformers(starter_path: Path) -> None:
    """Rounding in the engine's quantized products moves a token by tenths: many are needed."""
    torch = pytest.importorskip("torch", reason="the extra `reference` is not installed")
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        starter_path.parent, gguf_file=starter_path.name, dtype=torch.float32
    )
    scores, wanted = [], []
    with open_scorer(starter_path, SETTINGS) as scorer:
        tokens = scorer.tokenize(own_text().content)
        for begin in range(0, 4 * 512, 512):
            window = tokens[begin : begin + 512]
            scores.append(scorer.score(window))
            with torch.inference_mode():
                logits = model(torch.tensor([window])).logits[0].numpy()
            wanted.append(log_softmax(logits)[np.arange(511), window[1:]])
    assert perplexity(np.concatenate(scores)) == pytest.approx(
        perplexity(np.concatenate(wanted)), rel=5e-3
    )
