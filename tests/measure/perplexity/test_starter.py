"""The starter model against implementations that share nothing with the engine."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hearth.config import load_config
from hearth.engine.quantizing import quantize_file
from hearth.engine.quantizing.messages import Ask, Wanted
from hearth.engine.scoring import ScoringSettings, open_pair, open_scorer
from hearth.measure.perplexity import own_text
from support.direct import direct_log_probs, direct_logits, log_softmax

pytestmark = pytest.mark.starter

SETTINGS = ScoringSettings(context=512, threads=1)
NUM_TOKENS = 96
F32, Q4_0 = 0, 2  # llama_ftype


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
    judged = by_transformers(starter_path)
    scores, wanted = [], []
    with open_scorer(starter_path, SETTINGS) as scorer:
        for window in windows(scorer.tokenize(own_text().content)):
            scores.append(scorer.score(window))
            wanted.append(judged(window)[np.arange(511), window[1:]])
    assert perplexity(np.concatenate(scores)) == pytest.approx(
        perplexity(np.concatenate(wanted)), rel=5e-3
    )


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_divergence_is_that_of_transformers(starter_path: Path, tmp_path: Path) -> None:
    """Both models' weights as float32, so that no side rounds what the other does not."""
    small = copy_as(Q4_0, starter_path, tmp_path / "small.gguf")
    paths = [
        copy_as(F32, path, tmp_path / f"{path.stem}-float32.gguf") for path in (starter_path, small)
    ]
    judges = [by_transformers(path) for path in paths]
    found, wanted = [], []
    with open_pair(*paths, SETTINGS) as pair:
        for window in windows(pair.reference.tokenize(own_text().content)):
            found.append(pair.compare(window).kl)
            expected, candidate = (judged(window) for judged in judges)
            wanted.append((np.exp(expected) * (expected - candidate)).sum(axis=1))
    assert np.mean(found) == pytest.approx(np.mean(wanted), rel=1e-3)


def windows(tokens: list[int]) -> list[list[int]]:
    return [tokens[begin : begin + 512] for begin in range(0, 4 * 512, 512)]


def by_transformers(path: Path) -> Any:
    """Return a function from tokens to log-probabilities behind all but the last of them."""
    torch = pytest.importorskip("torch", reason="the extra `reference` is not installed")
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    )

    def judge(window: list[int]) -> np.ndarray:
        with torch.inference_mode():
            return log_softmax(model(torch.tensor([window])).logits[0, :-1].numpy())

    return judge


def copy_as(file_type: int, model: Path, target: Path) -> Path:
    target.touch()
    ask = Ask(
        files=[str(model)], wanted=[Wanted(file_type)], target=str(target), allow_requantize=True
    )
    quantize_file(ask, lambda _: None, threading.Event())
    return target
