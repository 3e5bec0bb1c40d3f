"""Many requests at once, on a pico model: who gets a place, what is computed, in which sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.core import SamplingParams
from hearth.engine.llama.context import DecodeResult
from hearth.engine.llama.model import Model
from hearth.engine.worker.batching import FEWEST_ROWS, Share
from hearth.engine.worker.computing import Computer
from hearth.engine.worker.sequences import Phase
from support.engines import Bench, load_model
from support.stairs import Fours

pytestmark = pytest.mark.tiny


@pytest.fixture(scope="module")
def model(pico_path: Path) -> Iterator[Model]:
    loaded = load_model(pico_path)
    yield loaded
    loaded.close()


def words(number: int) -> str:
    return "word " * number


@pytest.mark.parametrize("num_users", [8, 16])
def test_users_of_one_long_prefix_compute_it_once(model: Model, num_users: int) -> None:
    """The ideal is the prefix once and each user's own words."""
    prefix = "The quick brown fox jumps over the lazy dog. "
    bench = Bench(model, cells=2048, num_sequences=num_users, micro_batch_tokens=256)
    while len(model.vocab.tokenize(prefix, add_special=False, parse_special=True)) < 1000:
        prefix += prefix
    users = [bench.submit(i, f"{prefix}user number {i}", max_tokens=4) for i in range(num_users)]
    bench.run()
    shared = len(model.vocab.tokenize(prefix, add_special=False, parse_special=True))
    ideal = shared + sum(user.num_prompt - shared for user in users)
    assert bench.scheduler.prompt_tokens_computed <= 1.05 * ideal
    bench.close()


def test_answers_are_computed_in_sizes_that_are_cheap(model: Model) -> None:
    staircase = Fours()
    bench = Bench(model, num_sequences=7, staircase=staircase)
    for index in range(7):
        bench.submit(index, f"question {index}", max_tokens=3 + 3 * index)
    bench.run()
    assert staircase.sizes
    assert {size % 4 for size in staircase.sizes} == {0}
    bench.close()


def test_a_request_that_must_repeat_is_not_padded(model: Model) -> None:
    staircase = Fours()
    bench = Bench(model, staircase=staircase)
    bench.answer("question", sampling=SamplingParams(seed=1), max_tokens=5)
    assert set(staircase.sizes) == {1}
    bench.close()


@pytest.mark.parametrize(("free_cells", "size"), [(4, 4), (3, 1)])
def test_where_cells_are_short_a_step_has_the_rows_that_it_needs(
    model: Model, free_cells: int, size: int
) -> None:
    staircase, bench = Fours(), Bench(model)
    computer = Computer(bench.context, staircase, padding=True, live_threads=True, watch=None)
    answer = bench.submit(1, "a")
    answer.phase, answer.sequence_id = Phase.ANSWER, 0
    result, _ = computer.compute([Share(answer, 0, 1)], is_repeatable=False, free_cells=free_cells)
    assert result is DecodeResult.OK
    assert set(staircase.sizes) == {size}
    assert bench.context.length(bench.context.scratch) == 0
    bench.close()


def test_an_owner_without_a_place_gets_one_of_an_owner_with_many(model: Model) -> None:
    bench = Bench(model, num_sequences=3)
    busy = [bench.submit(i, f"busy {i}", owner="busy", max_tokens=40) for i in range(5)]
    for _ in range(8):
        bench.step()
    bench.submit(9, "quiet", owner="quiet", max_tokens=3)
    bench.run()
    assert next(iter(bench.ended)) == 9
    # Who gave way goes on where it stopped: what it had computed was parked.
    prompts = sum(each.num_prompt for each in busy) + len("quiet")
    assert bench.scheduler.prompt_tokens_computed <= prompts + 6
    assert [bench.ended[i].usage.completion_tokens for i in range(5)] == [40] * 5
    bench.close()


def test_without_a_store_nobody_gives_way_for_a_place(model: Model) -> None:
    bench = Bench(model, num_sequences=2, parked_bytes=0)
    for index in range(2):
        bench.submit(index, f"busy {index}", owner="busy", max_tokens=10)
    bench.step()
    bench.submit(9, "quiet", owner="quiet", max_tokens=3)
    bench.run()
    assert list(bench.ended)[-1] == 9
    bench.close()


def test_a_request_waits_until_its_answer_will_fit(model: Model) -> None:
    """Three answers of the usual length do not fit beside each other; nobody is pre-empted."""
    bench = Bench(model, cells=256, parked_bytes=0, speculation=False)
    requests = [bench.submit(i, f"{i} {words(8)}", max_tokens=120) for i in range(3)]
    for each in requests:
        each.ignore_eos = True
    bench.step()
    assert bench.scheduler.num_running == 1
    bench.run()
    own = [each.num_prompt for each in requests]
    assert bench.scheduler.prompt_tokens_computed == sum(own)
    bench.close()


def test_answers_that_turn_out_short_let_others_in(model: Model) -> None:
    bench = Bench(model, cells=256, num_sequences=4)
    for index in range(4):
        bench.answer(f"short {index}", max_tokens=5)
    requests = [bench.submit(i, f"{i} {words(5)}", max_tokens=100) for i in range(3)]
    bench.step()
    assert bench.scheduler.num_running == len(requests)
    bench.run()
    assert all(bench.ended[each.request_id].usage.completion_tokens == 100 for each in requests)
    bench.close()


def test_beside_an_answer_the_first_chunk_is_the_smallest(model: Model) -> None:
    bench = Bench(model, cells=1024, micro_batch_tokens=256)
    bench.submit(1, "hi", max_tokens=40)
    bench.step()
    long = bench.submit(2, words(100), max_tokens=1)
    bench.step()
    assert long.phase is Phase.PROMPT
    assert long.computed <= FEWEST_ROWS
    bench.run()
    bench.close()
