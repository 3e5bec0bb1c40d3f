"""A small model that writes ahead: what it guesses, learns, forgets, and never changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.engine.llama.context import Context, ContextSettings
from hearth.engine.llama.model import Model
from hearth.engine.worker.speculation.acceptance import UNKNOWN_RATE
from hearth.engine.worker.speculation.draft_loading import check_same_vocabulary
from hearth.engine.worker.speculation.draft_model import PAUSE_STEPS, DraftModel
from hearth.engine.worker.staircase import Staircase
from hearth.errors import InvalidRequest
from support.engines import Bench, load_model
from support.pico import write_pico, write_sentencepiece_pico

pytestmark = pytest.mark.tiny

PROMPTS = ("In the beginning ", "an ant and the other ", "xyz ")


class Free(Staircase):
    """A machine on which rows cost nothing."""

    def cost(self, num_rows: int) -> float | None:
        return 1.0


@pytest.fixture(scope="module")
def model(pico_path: Path) -> Iterator[Model]:
    loaded = load_model(pico_path)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """A model with the same vocabulary and other opinions."""
    loaded = load_model(write_pico(tmp_path_factory.mktemp("models") / "other.gguf", seed=5))
    yield loaded
    loaded.close()


def drafting(model: Model, *, cells: int = 512, num_sequences: int = 4) -> DraftModel:
    return DraftModel(
        Context(
            model,
            ContextSettings(
                cells=cells,
                sequences=num_sequences + 1,
                batch_tokens=128,
                micro_batch_tokens=128,
                threads=1,
                threads_batch=1,
                kv_type="f32",
                flash_attention="off",
            ),
        )
    )


@pytest.fixture(scope="module")
def written(model: Model) -> dict[str, list[int]]:
    """Prompts with their greedy answers, as tokens, and where the answers begin."""
    bench = Bench(model, speculation=False)
    found = {}
    for number, prompt in enumerate(PROMPTS):
        sequence = bench.submit(number, prompt, max_tokens=40)
        bench.run()
        found[prompt] = sequence.tokens
    bench.close()
    return found


def test_a_model_that_thinks_the_same_guesses_right(model: Model, written) -> None:
    small = drafting(model)
    texts = [(number, written[prompt][:-9]) for number, prompt in enumerate(PROMPTS)]
    guesses = small.guess(texts, 5)
    for guess, (_, text), prompt in zip(guesses, texts, PROMPTS, strict=True):
        assert guess.tokens == tuple(written[prompt][len(text) : len(text) + len(guess.tokens)])
        assert len(guess.tokens) == len(guess.gains) > 1
    assert small.cost(3) is not None


def test_it_learns_how_often_it_is_right(model: Model, stranger: Model, written) -> None:
    same, other = drafting(model), drafting(stranger)
    assert same.agreement == other.agreement == UNKNOWN_RATE
    text = written[PROMPTS[0]]
    for end in range(len(text) - 30, len(text)):
        same.guess([(1, text[:end])], 3)
        other.guess([(1, text[:end])], 3)
    assert same.agreement > 0.85
    assert other.agreement < 0.3
    assert same.guess([(1, text)], 3)[0].expected > other.guess([(1, text)], 3)[0].expected


def test_a_long_text_is_read_in_parts_before_it_is_guessed(model: Model) -> None:
    small = drafting(model)
    text = list(range(3, 203)) + list(range(3, 103))
    guesses = [small.guess([(1, text)], 2)[0] for _ in range(3)]
    assert [bool(guess.tokens) for guess in guesses] == [False, False, True]


def test_where_its_memory_is_short_it_forgets_and_pauses(model: Model) -> None:
    small = drafting(model, cells=256, num_sequences=2)
    texts = [(number, [number, *range(3, 203)]) for number in range(2)]
    found = [small.guess(texts, 2) for _ in range(4)]
    assert not any(guess.tokens for guess in found[-1])
    silent = 0
    while not small.guess(texts[:1], 2)[0].tokens:
        silent += 1
    assert PAUSE_STEPS - 4 < silent < PAUSE_STEPS + 4


def test_what_it_read_for_one_request_helps_no_other(model: Model) -> None:
    small = drafting(model, num_sequences=1)
    text = list(range(3, 203))
    first = [small.guess([(1, text)], 2)[0] for _ in range(2)]
    small.forget_all_but({2})
    second = [small.guess([(2, text)], 2)[0] for _ in range(2)]
    assert [bool(guess.tokens) for guess in first] == [False, True]
    assert [bool(guess.tokens) for guess in second] == [False, True]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    requests=st.lists(
        st.tuples(st.sampled_from(PROMPTS), st.integers(1, 39), st.integers(0, 9)),
        min_size=1,
        max_size=5,
    ),
    same=st.booleans(),
)
def test_whatever_it_guesses_answers_stay_as_they_are(
    model, stranger, written, requests, same
) -> None:
    bench = Bench(
        model, staircase=Free(), draft_model=drafting(model if same else stranger), cells=1024
    )
    for step in range(200):
        for index, (prompt, max_tokens, arrives) in enumerate(requests):
            if arrives == step:
                bench.submit(index, prompt, max_tokens=max_tokens)
        bench.step()  # proves ledger and memory
        if step > 9 and bench.scheduler.is_idle:
            break
    for index, (prompt, max_tokens, _) in enumerate(requests):
        tokens = written[prompt]
        begin = len(model.vocab.tokenize(prompt, add_special=False, parse_special=True))
        assert bench.ended[index].usage.completion_tokens <= max_tokens
        expected = model.vocab.detokenize(tokens[begin : begin + max_tokens])
        if bench.ended[index].usage.completion_tokens == max_tokens:
            assert bench.texts[index] == expected
    bench.close()


def test_a_model_that_agrees_saves_steps(model: Model) -> None:
    bench = Bench(model, staircase=Free(), draft_model=drafting(model))
    bench.submit(1, PROMPTS[0], max_tokens=39)
    bench.run()
    usage = bench.ended[1].usage
    assert usage.accepted_tokens > usage.completion_tokens // 3
    bench.close()


def test_other_vocabularies_are_refused(model: Model, stranger: Model, tmp_path: Path) -> None:
    check_same_vocabulary(model.vocab, stranger.vocab, "other")
    foreign = load_model(write_sentencepiece_pico(tmp_path / "foreign.gguf"))
    with pytest.raises(InvalidRequest, match=r"foreign.gguf cannot write ahead: it has .* tokens"):
        check_same_vocabulary(model.vocab, foreign.vocab, "foreign.gguf")
    foreign.close()
