"""Speculation in the scheduler: answers stay the same, memory stays whole, steps are saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.core import SamplingParams
from hearth.engine.llama.model import Model
from hearth.engine.worker.speculation.speculator import TRY_AGAIN_STEPS
from hearth.engine.worker.staircase import Staircase
from support.engines import Bench, load_model

pytestmark = pytest.mark.tiny

# A random model that writes greedily soon goes round in circles: all a lookup can wish for.
CIRCLE = "one two three one two three one two "


class Free(Staircase):
    """A machine on which rows cost nothing: whatever can be guessed is."""

    def cost(self, num_rows: int) -> float | None:
        return 1.0


class Dear(Staircase):
    """A machine on which two rows take ten times as long as one: no guess pays."""

    def cost(self, num_rows: int) -> float | None:
        return float(10**num_rows)


@pytest.fixture(scope="module")
def model(pico_path: Path) -> Iterator[Model]:
    loaded = load_model(pico_path)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def alone(model: Model) -> dict[tuple[str, int], str]:
    """Answers without speculation, each in a context of its own."""

    class Alone(dict):
        def __missing__(self, key: tuple[str, int]) -> str:
            bench = Bench(model, speculation=False)
            self[key] = bench.answer(key[0], max_tokens=key[1])
            bench.close()
            return self[key]

    return Alone()


@pytest.fixture(scope="module")
def endless(model: Model) -> SamplingParams:
    """Greedy, and never done before its last token."""
    ends = [token for token in range(model.vocab.size) if model.vocab.is_end(token)]
    return SamplingParams(temperature=0.0, logit_bias=dict.fromkeys(ends, -100.0))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    requests=st.lists(
        st.tuples(
            st.sampled_from(["", CIRCLE, CIRCLE * 2]),
            st.text(alphabet="ab ", min_size=1, max_size=8),
            st.integers(1, 40),  # tokens
            st.integers(0, 9),  # arrives at step
            st.none() | st.integers(0, 20),  # aborted at step
        ),
        min_size=1,
        max_size=5,
    ),
    cells=st.sampled_from([256, 512]),
)
def test_guessing_changes_no_answer_and_loses_no_cell(model, alone, requests, cells) -> None:
    """Greedy, with others, joining, leaving, short of memory: token for token the same."""
    bench = Bench(model, cells=cells, staircase=Free())
    for step in range(300):
        for index, (stem, tail, max_tokens, arrives, aborted) in enumerate(requests):
            if arrives == step:
                bench.submit(index, stem + tail, max_tokens=max_tokens)
            if aborted == step:
                bench.scheduler.abort(index)
        bench.step()  # proves ledger and memory
        if step > 20 and bench.scheduler.is_idle:
            break
    assert bench.scheduler.is_idle
    for index in bench.ended:
        stem, tail, max_tokens, *_ = requests[index]
        assert bench.texts.get(index, "") == alone[stem + tail, max_tokens]
    bench.close()


def num_steps(bench: Bench) -> int:
    steps = 0
    while not bench.scheduler.is_idle:
        bench.step()
        steps += 1
    return steps


def test_what_repeats_takes_fewer_steps_than_it_has_tokens(model: Model, endless) -> None:
    plain = Bench(model, speculation=False)
    expected = plain.answer(CIRCLE, max_tokens=150, sampling=endless)
    plain.close()
    bench = Bench(model, staircase=Free())
    bench.submit(1, CIRCLE, max_tokens=150, sampling=endless)
    steps = num_steps(bench)
    usage = bench.ended[1].usage
    assert bench.texts[1] == expected
    assert steps == usage.completion_tokens - usage.accepted_tokens
    assert steps < 130
    assert 0 < usage.accepted_tokens <= usage.drafted_tokens
    assert bench.scheduler.prompt_tokens_computed == usage.prompt_tokens
    bench.close()


def test_where_guesses_cost_too_much_none_is_computed(model: Model, alone) -> None:
    bench = Bench(model, staircase=Dear())
    bench.submit(1, CIRCLE, max_tokens=40)
    assert num_steps(bench) == 40
    assert bench.ended[1].usage.drafted_tokens == 0
    assert bench.texts[1] == alone[CIRCLE, 40]
    bench.close()


def test_what_did_not_pay_is_tried_again_now_and_then(model: Model, endless) -> None:
    """It may have been dear for a moment only."""
    bench = Bench(model, staircase=Dear())
    bench.submit(1, CIRCLE, max_tokens=3 * TRY_AGAIN_STEPS, sampling=endless)
    num_steps(bench)
    usage = bench.ended[1].usage
    assert 0 < usage.drafted_tokens <= 2 * bench.context.max_logits
    bench.close()


def test_speculation_can_be_switched_off(model: Model) -> None:
    bench = Bench(model, staircase=Free(), speculation=False)
    bench.submit(1, CIRCLE, max_tokens=40)
    assert num_steps(bench) == 40
    assert bench.ended[1].usage.drafted_tokens == 0
    bench.close()


def test_a_request_that_must_be_repeatable_does_without_guesses(model: Model) -> None:
    bench = Bench(model, staircase=Free())
    seeded = SamplingParams(temperature=0.0, seed=1)
    bench.submit(1, CIRCLE, max_tokens=40, sampling=seeded)
    bench.submit(2, CIRCLE + "and", max_tokens=40)
    num_steps(bench)
    assert bench.ended[1].usage.drafted_tokens == 0
    assert bench.ended[2].usage.drafted_tokens > 0
    bench.close()


def test_guesses_take_free_cells_only(model: Model, endless) -> None:
    """An answer that fills the memory to its last cell is guessed as far as cells reach."""
    bench = Bench(model, cells=256, num_sequences=1, staircase=Free())
    asked = bench.submit(1, CIRCLE, max_tokens=1000, sampling=endless)
    assert asked.max_length == bench.context.cells
    while not bench.scheduler.is_idle:
        bench.step()
        assert bench.scheduler.cache.ledger.free >= 0
    usage = bench.ended[1].usage
    assert usage.prompt_tokens + usage.completion_tokens == bench.context.cells
    assert usage.accepted_tokens > 0
    bench.close()
