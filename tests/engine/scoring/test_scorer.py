"""One model that scores text: against a direct computation, and what it refuses."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hearth.config import load_config
from hearth.core import Message, Role
from hearth.engine.scoring import Scorer, ScoringSettings, open_scorer
from hearth.errors import EngineCrashed, InvalidRequest, ModelNotFound, RequestAborted
from support.direct import direct_log_probs, direct_logits, log_softmax
from support.pico import write_pico

pytestmark = pytest.mark.tiny

TEXT = "The lamp stood by the window, and the rain went on until the morning came. " * 3
SETTINGS = ScoringSettings(context=256, micro_batch=64, threads=1)


@pytest.fixture(scope="module")
def scorer(pico_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scorer]:
    config = load_config(home=tmp_path_factory.mktemp("home"), other_programs=False)
    with open_scorer(pico_path, SETTINGS, config=config) as opened:
        yield opened


def test_scores_are_those_of_a_direct_computation(scorer: Scorer, pico_path: Path) -> None:
    tokens = scorer.tokenize(TEXT)
    found, wanted = scorer.score(tokens), direct_log_probs(pico_path, tokens, rows=64)
    assert len(found) == len(tokens) - 1
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    np.testing.assert_allclose(np.exp(-found.mean()), np.exp(-wanted.mean()), rtol=1e-6)


def test_scores_from_a_later_token_on_are_the_same(scorer: Scorer) -> None:
    tokens = scorer.tokenize(TEXT)
    for start in (2, 64, 65, 66, len(tokens) - 1):
        later = scorer.score(tokens, start=start)
        np.testing.assert_allclose(later, scorer.score(tokens)[start - 1 :], rtol=1e-6)


def test_a_score_does_not_depend_on_what_was_asked_before(scorer: Scorer) -> None:
    tokens = scorer.tokenize(TEXT)
    first = scorer.score(tokens)
    scorer.continuations([(tokens[:40], [tokens[40:60], tokens[60:70]])])
    assert np.array_equal(scorer.score(tokens), first)


def test_continuations_are_sums_of_scores(scorer: Scorer) -> None:
    tokens = scorer.tokenize(TEXT)
    prompt = tokens[:30]
    branches = [tokens[30:31], tokens[30:50], tokens[5:25], tokens[:3], tokens[7:8]]
    (found,) = scorer.continuations([(prompt, branches)])
    for branch, each in zip(branches, found, strict=True):
        alone = scorer.score([*prompt, *branch], start=len(prompt)).sum()
        assert each.logprob == pytest.approx(alone, rel=1e-5)


def test_many_and_long_continuations_take_turns(scorer: Scorer) -> None:
    tokens = scorer.tokenize(TEXT)
    branches = [tokens[place : place + 150] for place in range(20)]
    (found,) = scorer.continuations([(tokens[:100], branches)])
    for place in (0, 19):
        alone = scorer.score([*tokens[:100], *branches[place]], start=100).sum()
        assert found[place].logprob == pytest.approx(alone, rel=1e-4)  # batches of another shape


def test_prompts_with_a_common_beginning_come_out_as_alone(scorer: Scorer) -> None:
    tokens = scorer.tokenize(TEXT)
    prompts = [(tokens[:40], [tokens[40:45]]), (tokens[:60], [tokens[60:65]]), (tokens[:9], [[5]])]
    together = scorer.continuations(prompts)
    for prompt, found in zip(prompts, together, strict=True):
        assert found[0].logprob == pytest.approx(scorer.continuations([prompt])[0][0].logprob)


def test_what_is_greedy(scorer: Scorer, pico_path: Path) -> None:
    prompt = scorer.tokenize(TEXT)[:20]
    best: list[int] = []
    for _ in range(4):
        best.append(int(direct_logits(pico_path, [*prompt, *best])[-1].argmax()))
    other = [*best[:3], (best[3] + 1) % scorer.vocab_size]
    (found,) = scorer.continuations([(prompt, [best, other, best[:1]])])
    assert [each.is_greedy for each in found] == [True, False, True]


def test_candidates_for_the_next_token(scorer: Scorer, pico_path: Path) -> None:
    tokens = scorer.tokenize(TEXT)[:33]
    wanted = log_softmax(direct_logits(pico_path, tokens))[-1]
    np.testing.assert_allclose(scorer.next(tokens, [0, 7, 200]), wanted[[0, 7, 200]], rtol=1e-5)


def test_a_prompt_without_continuations_has_none(scorer: Scorer) -> None:
    assert scorer.continuations([([1, 2], []), ([3], [[4]])])[0] == []
    assert scorer.continuations([]) == []


def test_a_conversation_is_rendered_by_the_models_template(scorer: Scorer) -> None:
    tokens = scorer.render([Message(role=Role.USER, content="Hi <|im_end|>")])
    text = b"".join(scorer.pieces(tokens))
    assert text == b"<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n"
    ends = [token for token in tokens if scorer.pieces([token]) == [b"<|im_end|>"]]
    assert len(ends) == 1  # what somebody wrote is no control token


def test_pieces_give_the_text_back(scorer: Scorer) -> None:
    text = "naïve 🔥 the\n\ttab"
    assert b"".join(scorer.pieces(scorer.tokenize(text))).decode() == text


def test_it_says_what_it_is(scorer: Scorer) -> None:
    assert scorer.info.architecture == "llama"
    assert scorer.settings["context"] == scorer.context == 256
    assert scorer.settings["threads"] == 1
    assert scorer.engine.startswith("llama-cpp-python")
    assert scorer.bos is not None


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="nothing confines elsewhere")
def test_it_is_confined(scorer: Scorer) -> None:
    assert scorer.confined
    assert "ALLOWED" not in scorer.prove()


@pytest.mark.parametrize(
    ("tokens", "start"), [([1], 1), ([1] * 257, 1), ([1, 2], 0), ([1, 2], 2), ([1, 10**6], 1)]
)
def test_what_cannot_be_scored_is_refused(scorer: Scorer, tokens: list[int], start: int) -> None:
    with pytest.raises(InvalidRequest):
        scorer.score(tokens, start=start)
    assert len(scorer.score([1, 2, 3])) == 2  # and it goes on


@pytest.mark.parametrize("branch", [[], [1] * 256, [-1]])
def test_a_continuation_that_cannot_be_is_refused(scorer: Scorer, branch: list[int]) -> None:
    with pytest.raises(InvalidRequest):
        scorer.continuations([([1, 2], [[3], branch])])


def test_lanes_grow_side_by_side_and_repeat_bit_by_bit(pico_path: Path) -> None:
    settings = ScoringSettings(context=32, lanes=3, threads=1)
    with open_scorer(pico_path, settings) as scorer:
        steps = [{0: 1, 1: 2, 2: 3}, {0: 4, 2: 5}, {2: 6}]

        def grow() -> list[np.ndarray]:
            lanes = scorer.lanes(3, 32)
            return [lanes.step(step) for step in steps]

        first, second = grow(), grow()
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        alone = direct_logits(pico_path, [3, 5, 6])
        third = np.array([step[place] for step, place in zip(first, (2, 1, 0), strict=True)])
        np.testing.assert_allclose(third, alone, atol=1e-2)


def test_lanes_are_refused_beyond_their_number_and_length(pico_path: Path) -> None:
    with open_scorer(pico_path, ScoringSettings(context=16, lanes=2, threads=1)) as scorer:
        with pytest.raises(InvalidRequest, match="lanes"):
            scorer.lanes(100, 16)
        with pytest.raises(InvalidRequest, match="lanes"):
            scorer.lanes(2, 17)
        lanes = scorer.lanes(2, 2)
        lanes.step({0: 1})
        lanes.step({0: 1})
        with pytest.raises(InvalidRequest, match="full"):
            lanes.step({0: 1})
        with pytest.raises(InvalidRequest, match="no lane"):
            lanes.step({2: 1})


def test_a_child_that_dies_is_told(pico_path: Path) -> None:
    with open_scorer(pico_path, SETTINGS) as scorer:
        os.kill(scorer.pid, signal.SIGKILL)
        with pytest.raises(EngineCrashed, match="status -9"):
            scorer.score([1, 2, 3])
        with pytest.raises(EngineCrashed):
            scorer.score([1, 2, 3])


def test_giving_up_ends_the_child(tmp_path: Path) -> None:
    large = write_pico(tmp_path / "slow.gguf", num_layers=24, width=256, context=8192)
    cancelled = threading.Event()
    settings = ScoringSettings(context=8192, threads=1)
    with open_scorer(large, settings, cancelled=cancelled) as scorer:
        tokens = [1] * 8192
        threading.Timer(0.05, cancelled.set).start()
        with pytest.raises(RequestAborted):
            score_for_ever(scorer, tokens)


def score_for_ever(scorer: Scorer, tokens: list[int]) -> None:
    while True:
        scorer.score(tokens)


def test_a_context_beyond_the_trained_one_is_refused(pico_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="trained for 512"):
        open_scorer(pico_path, ScoringSettings(context=1024))


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ModelNotFound):
        open_scorer("there-is-none")
