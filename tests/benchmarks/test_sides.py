"""Real sides on a pico model: Hearth with a home of its own, and the raw loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.pico import write_pico
from workloads.answers import Answer
from workloads.arrivals import fairness, is_good, open_loop
from workloads.cases import Case
from workloads.contention import with_less
from workloads.gates import Gate
from workloads.limits import CannotMeasure
from workloads.measures import cold_start, decode, edit, history, shared_prefix, stall, streams
from workloads.pairing import measure_block
from workloads.sides import HearthSide, RawSide, Setup
from workloads.texts import Texts

QUIET = Gate(passed=True, others=0, slowdown=0.0, load=0.1, attempts=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pico(tmp_path_factory.mktemp("models") / "long.gguf", context=32_768)


@pytest.fixture(scope="module")
def served(model: Path, tmp_path_factory: pytest.TempPathFactory):
    side = HearthSide(
        Setup(label="Hearth", options={"num_sequences": 4, "threads": 1}),
        model,
        tmp_path_factory.mktemp("home"),
    )
    side.start()
    yield side
    side.stop()


@pytest.fixture(scope="module")
def looped(model: Path):
    side = RawSide(Setup(label="raw", kind="raw", options={"threads": 1}), model)
    side.start()
    yield side
    side.stop()


@pytest.mark.tiny
def test_both_sides_of_a_case_are_measured(served: HearthSide, looped: RawSide) -> None:
    case = Case(name="decode", measure=decode(depth=6, num_tokens=12))
    block = measure_block("key", case, 0, served, looped, lambda: QUIET)
    assert all(sample.value > 0 for sample in (*block.subject, *block.baseline))
    assert block.subject[0].counters["pieces"] >= 2


@pytest.mark.tiny
def test_what_users_share_is_computed_once(served: HearthSide, looped: RawSide) -> None:
    measure = shared_prefix(3, prefix_words=40, own_words=4)
    ours, theirs = measure(served, Texts(3)), measure(looped, Texts(3))
    assert ours.counters["prompt_tokens"] == theirs.counters["prompt_tokens"]
    assert ours.counters["prefilled_tokens"] < theirs.counters["prefilled_tokens"]
    assert theirs.counters["over_ideal"] > 2


@pytest.mark.tiny
def test_a_loop_that_ends_tells_why(model: Path) -> None:
    side = RawSide(Setup(label="raw", kind="raw", options={"threads": 1, "context": 512}), model)
    try:
        side.start()
        with pytest.raises(RuntimeError, match="ended: RuntimeError: llama_decode"):
            side.answers([Texts(1).words(900)], 1)
    finally:
        side.stop()


@pytest.mark.tiny
def test_answers_grow_side_by_side(served: HearthSide) -> None:
    assert streams(3, num_tokens=8)(served, Texts(4)).value > 0


@pytest.mark.tiny
def test_waits_beside_a_long_prompt(served: HearthSide) -> None:
    sample = stall(victims=2, num_words=60, victim_tokens=20_000)(served, Texts(5))
    assert sample.value > 0
    assert sample.counters["long_prefilled_tokens"] > 0


@pytest.mark.tiny
def test_guesses_are_counted(served: HearthSide) -> None:
    sample = edit(served, Texts(6))
    assert sample.counters["accepted_tokens"] <= sample.counters["drafted_tokens"]
    assert sample.counters["tokens_per_step"] >= 1


@pytest.mark.tiny
def test_requests_come_one_by_one(served: HearthSide) -> None:
    sample = open_loop(0.8, requests=4, most_words=80)(served, Texts(8))
    assert sample.value > 0
    assert 0 <= sample.counters["in_time"] <= 1
    assert 0 < sample.counters["fairness"] <= 1
    assert sample.counters["first_s_p95"] >= sample.counters["first_s_p50"] > 0


@pytest.mark.tiny
def test_processor_time_is_taken_and_given_back(looped: RawSide) -> None:
    try:
        sample = with_less(0.5, num_tokens=16)(looped, Texts(9))
    except CannotMeasure as error:
        pytest.skip(str(error))
    assert sample.value > 0
    for process in looped.processes():
        assert "hearth-benchmark" not in Path(f"/proc/{process}/cgroup").read_text()


@pytest.mark.parametrize(
    ("stamps", "good"),
    [
        ((0.5, 0.6, 0.7), True),
        ((2.5, 2.6, 2.7), False),  # the first one came late
        ((0.5, 0.9, 1.0), False),  # a reader waited for the second
        ((1.0,), True),
    ],
)
def test_answers_in_time(stamps: tuple[float, ...], good: bool) -> None:
    assert is_good(Answer(stamps=stamps, prompt_tokens=1, completion_tokens=3)) is good


def test_speeds_are_shared_evenly_or_not() -> None:
    assert fairness([5.0, 5.0]) == pytest.approx(1)
    assert fairness([9.0, 1e-9, 1e-9]) == pytest.approx(1 / 3)


def test_a_conversation_goes_on_behind_its_answers() -> None:
    first = history(["one"], [])
    assert history(["one", "two"], [" 1"]).startswith(f"{first} 1")


@pytest.mark.tiny
def test_a_start_is_timed_and_leaves_nothing_running(model: Path, tmp_path: Path) -> None:
    side = HearthSide(Setup(label="cold", options={"threads": 1}), model, tmp_path / "home")
    sample = cold_start(cached=False)(side, Texts(7))
    assert sample.value > sample.counters["server_s"] > 0
    assert sample.counters["memory_mb"] > 0
    with pytest.raises(ConnectionRefusedError):
        side.client.answer("Hello", 1)


@pytest.mark.tiny
def test_an_option_that_is_refused_is_told(model: Path, tmp_path: Path) -> None:
    side = HearthSide(Setup(label="odd", options={"layout": "round"}), model, tmp_path / "home")
    try:
        with pytest.raises(RuntimeError, match="odd does not load"):
            side.start()
    finally:
        side.stop()
