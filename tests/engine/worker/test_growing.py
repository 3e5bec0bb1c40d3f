"""Drafts change no answer: the same tokens with any drafts, and the same distribution."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import scipy.stats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.core import FinishReason, SamplingParams
from hearth.engine.llama.context import Context, ContextSettings, DecodeResult
from hearth.engine.llama.sampler import Sampler
from hearth.engine.worker.batching import Share
from hearth.engine.worker.growing import Grower
from hearth.engine.worker.sequences import Ended, Grown, Sequence, StepEvent
from hearth.engine.worker.text import TextStream
from support.engines import load_model
from support.pico import write_pico

pytestmark = pytest.mark.tiny

PROMPT = "The house, the house and the "
NUM_TOKENS = 14
NUM_DRAWS = 200_000
GREEDY = SamplingParams(temperature=0.0)
WILD = {"temperature": 1.2, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
SAMPLINGS = (
    GREEDY,
    SamplingParams(temperature=0.0, repeat_penalty=1.5, presence_penalty=1.0),
    SamplingParams(temperature=0.0, logit_bias={260: 3.0}),
    SamplingParams(**WILD, seed=1),
    SamplingParams(seed=2),
    SamplingParams(**WILD, seed=3, frequency_penalty=0.5, repeat_last_n=4),
    SamplingParams(temperature=1.0, seed=4, mirostat=1, mirostat_tau=3.0),
    SamplingParams(temperature=1.0, seed=5, mirostat=2, mirostat_tau=3.0),
)
Draft = Callable[[list[int]], tuple[int, ...]]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A pico model whose next token is neither certain nor anybody's guess."""
    path = write_pico(tmp_path_factory.mktemp("models") / "sharp.gguf", sharpness=3.0)
    model = load_model(path)
    context = Context(
        model,
        ContextSettings(
            cells=256,
            sequences=4,
            batch_tokens=64,
            micro_batch_tokens=64,
            threads=1,
            threads_batch=1,
            kv_type="f32",
            flash_attention="off",
            output_rows=32,
        ),
    )
    yield context
    context.close()
    model.close()


def begun(context: Context, sampling: SamplingParams, stops: tuple[str, ...] = ()) -> Sequence:
    vocab = context.model.vocab
    tokens = vocab.tokenize(PROMPT, add_special=False, parse_special=False)
    sampler = Sampler(vocab, sampling)
    sampler.see_prompt(tokens)
    return Sequence(
        request_id=1,
        owner="",
        tokens=tokens,
        num_prompt=len(tokens),
        max_length=len(tokens) + NUM_TOKENS,
        sampler=sampler,
        text=TextStream(stops),
        ignore_eos=True,
    )


def compute(context: Context, share: Share) -> None:
    sequence = share.sequence
    context.batch.fill(0, share.tokens, share.start, 0, share.num_logits)
    assert context.decode(share.num_rows) is DecodeResult.OK
    sequence.computed = share.start + share.count


def written(context: Context, sequence: Sequence, draft: Draft) -> list[StepEvent]:
    """Write a whole answer, with drafts in every step, and return what was told of it."""
    grower, events = Grower(context), []
    context.clear()
    while not events or not isinstance(events[-1], Ended):
        count, room = sequence.remaining, sequence.max_length - len(sequence.tokens)
        share = Share(sequence, sequence.computed, count, draft(sequence.tokens)[: room - 1])
        compute(context, share)
        growth = grower.grow(share, count - 1)
        sequence.computed += growth.accepted
        assert context.trim(0, sequence.computed)
        # All but the last token are in the memory; that one too where it ended with a right draft.
        assert sequence.remaining == 1 or (growth.has_ended and sequence.remaining == 0)
        assert sequence.tokens[share.start + count :][: growth.accepted] == list(
            share.drafts[: growth.accepted]
        )
        events += growth.events
    sequence.sampler.close()
    return events


def undrafted(context: Context, sampling: SamplingParams) -> list[int]:
    sequence = begun(context, sampling)
    written(context, sequence, lambda tokens: ())
    assert (sequence.drafted, sequence.accepted) == (0, 0)
    return sequence.tokens


@pytest.fixture(scope="module")
def plain(context: Context) -> dict[int, list[int]]:
    return {index: undrafted(context, sampling) for index, sampling in enumerate(SAMPLINGS)}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    which=st.sampled_from(range(len(SAMPLINGS))),
    plan=st.lists(
        st.tuples(st.integers(0, 5), st.lists(st.integers(0, 260), max_size=4)), min_size=1
    ),
)
def test_any_drafts_leave_the_answer_as_it_is(context, plain, which, plan) -> None:
    """Greedy, penalized, biased, drawn and mirostat answers: token for token the same."""
    expected, steps = plain[which], itertools.cycle(plan)

    def draft(tokens: list[int]) -> tuple[int, ...]:
        right, wrong = next(steps)
        return (*expected[len(tokens) : len(tokens) + right], *wrong)

    sequence = begun(context, SAMPLINGS[which])
    events = written(context, sequence, draft)
    assert sequence.tokens == expected
    assert 0 <= sequence.accepted <= sequence.drafted
    ended = events[-1]
    assert (ended.usage.drafted_tokens, ended.usage.accepted_tokens) == (
        sequence.drafted,
        sequence.accepted,
    )


def test_right_drafts_save_steps_and_are_counted(context, plain) -> None:
    expected = plain[0]
    sequence = begun(context, GREEDY)
    steps = 0

    def draft(tokens: list[int]) -> tuple[int, ...]:
        nonlocal steps
        steps += 1
        return tuple(expected[len(tokens) : len(tokens) + 4])

    events = written(context, sequence, draft)
    assert sequence.tokens == expected
    assert steps == 3  # of 5, 5 and 4 tokens
    assert sequence.accepted == sequence.drafted == NUM_TOKENS - steps
    assert sum(isinstance(event, Grown) for event in events) == NUM_TOKENS


def test_an_answer_that_ends_within_its_drafts_keeps_nothing_after_the_end(context, plain) -> None:
    vocab, expected = context.model.vocab, plain[0]
    begin = len(begun(context, GREEDY).tokens)
    whole = vocab.detokenize(expected[begin:])
    stop = vocab.detokenize(expected[begin : begin + 4])[-2:]
    sequence = begun(context, GREEDY, stops=(stop,))
    events = written(
        context, sequence, lambda tokens: tuple(expected[len(tokens) : len(tokens) + 9])
    )
    ended = events[-1]
    assert (ended.reason, ended.stop_text) == (FinishReason.STOP, stop)
    text = "".join(event.text for event in events if isinstance(event, Grown))
    assert text == whole[: whole.index(stop)]
    assert sequence.tokens == expected[: len(sequence.tokens)]
    assert len(sequence.tokens) < len(expected)


def probabilities(context: Context, row: int, *, top: int, temperature: float) -> np.ndarray:
    """Return what is drawn from a row with what probability, computed here."""
    logits = context.logits(row).astype(np.float64) / temperature
    kept = np.argsort(-logits, kind="stable")[:top]
    weights = np.zeros_like(logits)
    weights[kept] = np.exp(logits[kept] - logits.max())
    return weights / weights.sum()


def test_what_is_drawn_with_drafts_has_the_distribution_of_what_is_drawn_without(context) -> None:
    """Chi-square of 200,000 draws against the probabilities of one, two and three tokens."""
    sampling = SamplingParams(temperature=2.0, top_k=20, top_p=1.0, min_p=0.0, seed=11)
    first = begun(context, sampling)
    plain_rows, drafts = [], []
    context.clear()
    while len(plain_rows) < 3:  # without drafts, one token after the other
        share = Share(first, first.computed, first.remaining)
        compute(context, share)
        plain_rows.append(probabilities(context, share.count - 1, top=20, temperature=2.0))
        drafts.append(int(np.argsort(plain_rows[-1])[-2]))
        first.tokens.append(drafts[-1])
    sequence = begun(context, sampling)
    context.clear()
    share = Share(sequence, 0, sequence.num_prompt, tuple(drafts[:2]))
    compute(context, share)
    last = share.count - 1
    rows = [probabilities(context, last + n, top=20, temperature=2.0) for n in range(3)]
    np.testing.assert_allclose(rows, plain_rows, atol=1e-5)

    grower, drawn = Grower(context), Counter()
    sequence.max_length = 10**6
    for _ in range(NUM_DRAWS):
        grower.grow(share, last)
        drawn[tuple(sequence.tokens[sequence.num_prompt :])] += 1
        del sequence.tokens[sequence.num_prompt :]
        sequence.text = TextStream()
    first.sampler.close()
    sequence.sampler.close()

    a, b = drafts[:2]
    expected = {(t,): p for t, p in enumerate(rows[0]) if t != a}
    expected |= {(a, t): rows[0][a] * p for t, p in enumerate(rows[1]) if t != b}
    expected |= {(a, b, t): rows[0][a] * rows[1][b] * p for t, p in enumerate(rows[2])}
    possible = {outcome: p * NUM_DRAWS for outcome, p in expected.items() if p}
    assert set(drawn) <= set(possible)
    assert {len(outcome) for outcome in drawn} == {1, 2, 3}
    common = [outcome for outcome, mean in possible.items() if mean >= 5]
    assert len(common) > 30
    counts = [drawn[outcome] for outcome in common]
    means = [possible[outcome] for outcome in common]
    if len(common) < len(possible):  # what is rare is counted together
        counts.append(NUM_DRAWS - sum(counts))
        means.append(NUM_DRAWS - sum(means))
    assert scipy.stats.chisquare(counts, means).pvalue > 1e-3
