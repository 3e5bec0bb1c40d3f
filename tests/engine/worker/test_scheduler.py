"""The scheduler on a pico model in float32: batching changes nothing, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.core import FinishReason, SamplingParams
from hearth.engine.llama.model import Model
from hearth.engine.worker.sequences import Phase
from hearth.errors import QueueFull
from support.engines import Bench, load_model
from support.stairs import Fours

pytestmark = pytest.mark.tiny

SYSTEM = "You are a helpful assistant that answers in the shortest way possible. "
STEMS = ("", SYSTEM, SYSTEM + "The user asks: ", SYSTEM + "Another beginning, ")


@pytest.fixture(scope="module")
def model(pico_path: Path) -> Iterator[Model]:
    loaded = load_model(pico_path)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def alone(model: Model) -> dict[tuple[str, int], str]:
    """Answers computed alone, in a context that never holds anything else."""

    class Alone(dict):
        def __missing__(self, key: tuple[str, int]) -> str:
            bench = Bench(model)
            self[key] = bench.answer(key[0], max_tokens=key[1])
            bench.close()
            return self[key]

    return Alone()


@st.composite
def traffic(draw: st.DrawFn) -> list[dict]:
    requests = []
    for _ in range(draw(st.integers(2, 7))):
        stem = draw(st.sampled_from(STEMS))
        tail = draw(st.text(alphabet="abcdeé ", min_size=1, max_size=12))
        requests.append(
            {
                "prompt": stem + tail,
                "max_tokens": draw(st.integers(1, 10)),
                "arrives": draw(st.integers(0, 12)),
                "aborted": draw(st.none() | st.integers(0, 14)),
                "owner": draw(st.sampled_from("ab")),
            }
        )
    return requests


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    requests=traffic(),
    cells=st.sampled_from([256, 512]),
    chunk=st.sampled_from([32, 64]),
    parked_bytes=st.sampled_from([0, 2**17, 2**24]),
    padded=st.booleans(),
)
def test_batched_equals_alone(model, alone, requests, cells, chunk, parked_bytes, padded) -> None:
    """Greedy answers do not depend on who else runs, joins, leaves, is parked, shares or pads."""
    bench = Bench(
        model,
        cells=cells,
        micro_batch_tokens=chunk,
        parked_bytes=parked_bytes,
        num_sequences=3 if padded else 4,
        staircase=Fours() if padded else None,
    )
    gone = set()
    for step in range(400):
        for index, request in enumerate(requests):
            if request["arrives"] == step:
                bench.submit(
                    index,
                    request["prompt"],
                    max_tokens=request["max_tokens"],
                    owner=request["owner"],
                )
            if request["aborted"] == step and bench.scheduler.abort(index):
                gone.add(index)
                bench.scheduler.check_integrity()
        bench.step()
        if step % 3 == 0:
            bench.scheduler.tidy()
        if step > 14 and bench.scheduler.is_idle:
            break
    assert bench.scheduler.is_idle
    for index, request in enumerate(requests):
        expected = alone[request["prompt"], request["max_tokens"]]
        if index in bench.ended:
            assert bench.texts.get(index, "") == expected
        else:
            assert index in gone
            assert expected.startswith(bench.texts.get(index, "").rstrip("\ufffd"))
    bench.close()


def test_ten_users_compute_one_system_prompt_once(model: Model) -> None:
    bench = Bench(model, cells=1024, num_sequences=10)
    long_system = SYSTEM * 4
    for user in range(10):
        bench.submit(user, f"{long_system}user {user}", max_tokens=4)
    bench.run()
    shared = len(model.vocab.tokenize(long_system, add_special=False, parse_special=True))
    own = sum(
        len(model.vocab.tokenize(f"user {u}", add_special=False, parse_special=True))
        for u in range(10)
    )
    assert bench.scheduler.prompt_tokens_computed <= (shared + own) * 1.1
    bench.close()


def test_a_second_turn_computes_only_what_is_new(model: Model) -> None:
    bench = Bench(model)
    first = bench.submit(1, SYSTEM + "hello", max_tokens=5)
    bench.run()
    before = bench.scheduler.prompt_tokens_computed
    history = SYSTEM + "hello" + model.vocab.detokenize(first.tokens[first.num_prompt :])
    second = bench.submit(2, history + " and more", max_tokens=2)
    bench.run()
    assert second.cached >= first.num_prompt
    computed = bench.scheduler.prompt_tokens_computed - before
    assert computed == second.num_prompt - second.cached
    bench.close()


@pytest.mark.parametrize("flash_attention", ["on", "off"])
def test_conversations_take_turns_and_each_computes_only_what_is_new(
    model: Model, flash_attention: str
) -> None:
    """Two conversations that do not fit into the cells together stay warm in the store."""
    bench = Bench(model, flash_attention=flash_attention)
    history = {name: f"{name}: {SYSTEM}" * 4 for name in "AB"}
    known = dict.fromkeys(history, 0)
    for turn in range(4):
        for name in history:
            request_id = 10 * turn + ord(name)
            asked = bench.submit(request_id, history[name], max_tokens=5)
            bench.run()
            assert asked.cached >= known[name]
            assert bench.context.cells - bench.scheduler.cache.ledger.free < 2 * asked.num_prompt
            known[name] = asked.num_prompt
            answer = model.vocab.detokenize(asked.tokens[asked.num_prompt :])
            history[name] += f"{answer} And then? "
    assert known["A"] > 256
    bench.close()


def test_what_is_copied_back_is_bit_exact(model: Model) -> None:
    bench = Bench(model)
    prompt = f"A: {SYSTEM}" * 4
    traces = []
    for request_id, between in enumerate(("", "Something else. " * 20, "More of that. " * 20)):
        if between:
            bench.answer(between)
        bench.submit(request_id, prompt, max_tokens=1, top_logprobs=5)
        bench.run()
        traces.append(bench.traces[request_id][0])
    # All but the last token came from the store, both times: the same bytes in, the same out.
    assert bench.ended[1].usage.cached_tokens == bench.ended[1].usage.prompt_tokens - 1
    assert traces[1] == traces[2]
    assert traces[0].logprob == pytest.approx(traces[1].logprob, abs=1e-5)
    bench.close()


def test_a_seeded_request_takes_nothing_from_the_store(model: Model) -> None:
    bench = Bench(model)
    prompt = f"A: {SYSTEM}" * 4
    bench.answer(prompt)
    seeded = bench.submit(1, prompt, sampling=SamplingParams(seed=1), max_tokens=2)
    bench.run()
    assert seeded.cached == 0
    after = bench.submit(2, prompt, max_tokens=2)
    bench.run()
    assert after.cached == after.num_prompt - 1
    bench.close()


def test_memory_runs_out_and_the_youngest_gives_way(model: Model, alone) -> None:
    """Four answers that together need more cells than there are all end as they would alone."""
    bench = Bench(model, cells=256, num_sequences=4)
    prompts = [f"{letter} " * 20 for letter in "wxyz"]
    for index, prompt in enumerate(prompts):
        bench.submit(index, prompt, max_tokens=50)
    waited = False
    while not bench.scheduler.is_idle:
        bench.step()
        waited = waited or bench.scheduler.num_waiting > 0
    assert waited
    for index, prompt in enumerate(prompts):
        assert bench.texts[index] == alone[prompt, 50]
    bench.close()


def test_owners_take_turns(model: Model) -> None:
    bench = Bench(model, num_sequences=1)
    for index in range(4):
        bench.submit(index, f"busy {index}", owner="busy", max_tokens=2)
    bench.submit(9, "quiet", owner="quiet", max_tokens=2)
    bench.run()
    assert list(bench.ended).index(9) == 1
    bench.close()


def test_a_full_queue_says_so(model: Model) -> None:
    bench = Bench(model, queue_limit=2)
    bench.submit(1, "a")
    bench.submit(2, "b")
    with pytest.raises(QueueFull, match="at most 2"):
        bench.submit(3, "c")
    bench.run()
    assert set(bench.ended) == {1, 2}
    bench.close()


def test_a_long_prompt_leaves_room_for_others_in_every_step(model: Model) -> None:
    bench = Bench(model, cells=1024, micro_batch_tokens=32)
    bench.submit(1, "short", max_tokens=40)
    bench.step()
    assert bench.ended == {}
    long = bench.submit(2, "word " * 100, max_tokens=1)
    while long.phase is not Phase.ANSWER and 2 not in bench.ended:
        said = len(bench.traces[1])
        bench.step()
        assert len(bench.traces[1]) == said + 1 or 1 in bench.ended
    bench.close()


def test_same_seed_same_prompt_alone_gives_the_same_tokens(model: Model) -> None:
    bench = Bench(model)
    sampling = SamplingParams(seed=7, temperature=1.5, top_k=0, top_p=1.0, min_p=0.0)
    first = bench.answer("a prompt " * 9, sampling=sampling, max_tokens=20)
    bench.answer("something else that fills cells " * 3, max_tokens=9)
    again = bench.answer("a prompt " * 9, sampling=sampling, max_tokens=20)
    other = bench.answer(
        "a prompt " * 9,
        sampling=SamplingParams(seed=8, temperature=1.5, top_k=0, top_p=1.0, min_p=0.0),
        max_tokens=20,
    )
    assert first == again
    assert first != other
    bench.close()


def test_stop_string_ends_the_answer_and_is_not_in_it(model: Model) -> None:
    bench = Bench(model)
    whole = bench.answer("count ", max_tokens=30)
    stop = whole[4:7]
    text = bench.answer("count ", max_tokens=30, stop=(stop,))
    ended = list(bench.ended.values())[-1]
    assert text == whole[: whole.index(stop)]
    assert (ended.reason, ended.stop_text) == (FinishReason.STOP, stop)
    bench.close()


def test_logprobs_are_the_models_own(model: Model) -> None:
    bench = Bench(model)
    bench.submit(1, "hello", top_logprobs=5, max_tokens=3)
    bench.run()
    for trace in bench.traces[1]:
        logprobs = [choice.logprob for choice in trace.alternatives]
        assert len(logprobs) == 5
        assert logprobs == sorted(logprobs, reverse=True)
        assert trace.id == trace.alternatives[0].id  # greedy takes the most likely
        assert trace.logprob == pytest.approx(logprobs[0])
        assert all(logprob <= 0.0 for logprob in logprobs)
    bench.close()


def test_logit_bias_and_penalties_reach_the_sampler(model: Model) -> None:
    bench = Bench(model)
    plain = bench.submit(1, "hello", max_tokens=3)
    bench.run()
    favourite = plain.tokens[plain.num_prompt]
    biased = bench.submit(
        2, "hello", sampling=SamplingParams(temperature=0.0, logit_bias={favourite: -100.0})
    )
    bench.run()
    assert biased.tokens[biased.num_prompt] != favourite
    prompt = "hello" + model.vocab.detokenize([favourite])
    penalized = bench.submit(
        3, prompt, sampling=SamplingParams(temperature=0.0, presence_penalty=2.0)
    )
    bench.run()
    assert penalized.num_generated > 0
    bench.close()
