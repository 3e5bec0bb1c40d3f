"""Corrections on made-up machines whose true bias is known."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.plan.accuracy import accuracy
from hearth.plan.arithmetic import Range
from hearth.plan.corrected import correct_memory, correct_range, correct_speed, correct_speeds
from hearth.plan.corrections import MIN_RECORDS, Correction, corrections
from hearth.plan.load_time import LoadTime
from hearth.plan.memory import DeviceNeed, MemoryNeed
from hearth.plan.placement import place
from hearth.plan.roofline import Speed, first_token_s
from hearth.plan.speeds import Speeds
from hearth.store.predicted import Part, PredictionRecord
from support.ledger import record
from support.made_up import made_up_computer, made_up_shape

SPEED = Speed(
    bound=100.0,
    estimate=Range(low=40.0, likely=50.0, high=60.0),
    limit="memory bandwidth",
    limit_share=0.5,
    steps=(),
)


def a_correction(factor: float = 0.8, part: Part = Part.DECODE, spread: float = 1.1) -> Correction:
    return Correction(
        part=part,
        factor=factor,
        low=0.9 * factor,
        high=1.1 * factor,
        spread=spread,
        num_records=23,
        num_own=0,
    )


def answers(
    errors: list[float], model: str = "pico", quantization: str = "Q4_0", **changes: object
) -> list[PredictionRecord]:
    return [
        record(measured=100 * math.exp(error), model=model, quantization=quantization, **changes)
        for error in errors
    ]


def correction_of(records: list[PredictionRecord], **wanted: str) -> Correction | None:
    return corrections(accuracy(records), **wanted).get(Part.DECODE)


def test_few_records_correct_nothing() -> None:
    assert correction_of(answers([-0.5] * (MIN_RECORDS - 1))) is None
    assert correction_of(answers([-0.5] * MIN_RECORDS)) is not None


def test_the_more_records_the_less_a_correction_is_drawn_to_one() -> None:
    scattered = [-0.5, -0.2, -0.4, -0.6, -0.3]
    factors = []
    for times in (1, 4, 20):
        correction = correction_of(answers(scattered * times), identity="pico")
        assert correction is not None
        assert math.exp(-0.4) < correction.factor < 1
        assert correction.low < correction.factor < correction.high
        factors.append(correction.factor)
    assert factors == sorted(factors, reverse=True)
    assert factors[-1] == pytest.approx(math.exp(-0.4), rel=0.01)


def test_one_busy_moment_in_five_changes_little() -> None:
    calm = correction_of(answers([-0.1] * 20), identity="pico")
    busy = correction_of(answers([-0.1] * 20 + [-3.0] * 5), identity="pico")
    assert calm is not None
    assert busy is not None
    assert busy.factor == pytest.approx(calm.factor, rel=0.02)


def test_the_models_own_answers_count_more_than_those_of_others() -> None:
    others = answers([-0.4] * 30, model="a") + answers([-0.4] * 30, model="b", quantization="Q8_0")
    own = answers([0.1] * 30)
    stranger = correction_of(others, identity="pico", quantization="Q4_0")
    known = correction_of(others + own, identity="pico", quantization="Q4_0")
    assert stranger is not None
    assert known is not None
    assert stranger.factor < 0.8
    assert known.factor == pytest.approx(math.exp(0.1), rel=0.02)
    assert (stranger.num_own, known.num_own, known.num_records) == (0, 30, 90)
    assert known.high / known.low < stranger.high / stranger.low
    assert str(known).endswith("90 answers on this machine, 30 of this model")


def test_loading_is_corrected_by_the_same_model_alone() -> None:
    loads = [record(Part.LOAD_WARM, predicted=0.1, measured=2.0) for _ in range(9)]
    assert corrections(accuracy(loads), identity="another") == {}
    assert set(corrections(accuracy(loads), identity="pico")) == {Part.LOAD_WARM}


def test_crowded_moments_are_left_out() -> None:
    assert correction_of(answers([-2.0] * 30, load_average=9.0), identity="pico") is None


@given(st.lists(st.floats(-3, 3), min_size=MIN_RECORDS, max_size=40))
def test_any_errors_give_a_correction_between_none_and_their_median(errors: list[float]) -> None:
    correction = correction_of(answers(errors), identity="pico")
    assert correction is not None
    middle = statistics.median(errors)
    low, high = sorted((0.0, middle))
    assert low - 1e-9 <= math.log(correction.factor) <= high + 1e-9
    assert correction.spread >= 1
    assert 0 < correction.low <= correction.factor <= correction.high


@pytest.mark.parametrize("num_records", [6, 12, 40])
@pytest.mark.parametrize("num_busy", [0.0, 0.1])
def test_corrected_predictions_err_less_and_their_range_holds_what_it_says(
    num_records: int, num_busy: float
) -> None:
    """A machine whose models are biased and whose answers scatter, some in busy moments."""
    rng = np.random.default_rng(7)

    def error(bias: float) -> float:
        is_busy = rng.random() < num_busy
        return float(bias + (rng.normal(-0.5, 0.3) if is_busy else rng.normal(0, 0.05)))

    raw, corrected, inside, true = [], [], [], []
    for _ in range(150):
        machine = rng.normal(-0.1, 0.2)
        biases = {name: machine + rng.normal(0, 0.1) for name in "abc"}
        learned = [
            each
            for name, bias in biases.items()
            for each in answers([error(bias) for _ in range(num_records)], model=name)
        ]
        correction = correction_of(learned, identity="a", quantization="Q4_0")
        assert correction is not None
        true.append(correction.low <= math.exp(biases["a"]) <= correction.high)
        expected = correction.apply(100.0)
        for _ in range(20):  # held out
            measured = 100 * math.exp(error(biases["a"]))
            raw.append(abs(math.log(measured / 100)))
            corrected.append(abs(math.log(measured / expected.likely)))
            inside.append(expected.low <= measured <= expected.high)
    assert statistics.median(corrected) < 0.4 * statistics.median(raw)
    # 0.8 is promised; so few records give steps of 1 / (n + 1), rounded up.
    assert 0.75 <= statistics.mean(inside) <= 0.93
    assert statistics.mean(true) >= 0.78  # 0.9 is promised, of normal errors


def test_a_model_never_run_is_corrected_by_the_others_with_a_wider_range() -> None:
    rng = np.random.default_rng(8)
    raw, corrected, inside = [], [], []
    for _ in range(200):
        machine = rng.normal(-0.2, 0.2)
        learned: list[PredictionRecord] = []
        for name in "abcd":
            bias = machine + rng.normal(0, 0.1)
            learned += answers([float(rng.normal(bias, 0.05)) for _ in range(10)], model=name)
        correction = correction_of(learned, identity="new", quantization="Q4_0")
        assert correction is not None
        own = machine + rng.normal(0, 0.1)
        for _ in range(10):
            measured = 100 * math.exp(float(rng.normal(own, 0.05)))
            raw.append(abs(math.log(measured / 100)))
            expected = correction.apply(100.0)
            corrected.append(abs(math.log(measured / expected.likely)))
            inside.append(expected.low <= measured <= expected.high)
    assert statistics.median(corrected) < 0.6 * statistics.median(raw)
    assert 0.7 <= statistics.mean(inside) <= 0.9


def test_a_corrected_speed_shows_how_and_keeps_its_bound() -> None:
    corrected = correct_speed(SPEED, a_correction())
    assert corrected.estimate is not None
    assert corrected.estimate.likely == pytest.approx(40)
    assert corrected.estimate.high == pytest.approx(44)
    assert corrected.limit_share == pytest.approx(0.4)
    assert str(corrected.steps[-1]).endswith("[x 0.80: 23 answers on this machine]")
    beyond = correct_speed(SPEED, a_correction(3.0)).estimate
    assert beyond is not None
    assert beyond.likely == beyond.high == 100
    assert correct_speed(SPEED, None) is SPEED


def test_speeds_are_corrected_part_by_part() -> None:
    second = Range.exactly(1.0)
    shape = made_up_shape()
    speeds = Speeds(
        decode=SPEED,
        prompt=SPEED,
        first_token_s=first_token_s(SPEED, SPEED, 500),
        load=LoadTime(cold_s=second, warm_s=None),
        placements=place(shape, made_up_computer()),
    )
    found = {
        Part.PROMPT: a_correction(0.5, Part.PROMPT, spread=1.0),
        Part.DECODE_TOGETHER: a_correction(0.8, Part.DECODE_TOGETHER),
        Part.LOAD_COLD: a_correction(2.0, Part.LOAD_COLD),
    }
    alone = correct_speeds(speeds, found, prompt_tokens=500)
    assert alone.decode is SPEED
    assert alone.first_token_s is not None
    assert alone.first_token_s.likely == pytest.approx(500 / 25 + 1 / 50)
    assert alone.load.cold_s is not None
    assert alone.load.cold_s.likely == pytest.approx(2.0)
    assert alone.load.warm_s is None
    together = correct_speeds(speeds, found, prompt_tokens=500, batch=4)
    assert together.decode.estimate is not None
    assert together.decode.estimate.likely == pytest.approx(40)
    direct = {Part.FIRST_TOKEN: a_correction(2.0, Part.FIRST_TOKEN)}
    first = correct_speeds(speeds, direct, prompt_tokens=500).first_token_s
    assert first == correct_range(speeds.first_token_s, direct[Part.FIRST_TOKEN])


def test_memory_is_corrected_where_it_is_no_formula() -> None:
    host = DeviceNeed(device="host", weights_bytes=1000, overhead_bytes=250)
    need = MemoryNeed(
        weights_bytes=1000,
        overhead_bytes=250,
        worker_bytes=100,
        library_bytes=100,
        devices=(host,),
    )
    corrected = correct_memory(need, {Part.OVERHEAD: a_correction(1.5, Part.OVERHEAD)})
    assert (corrected.worker_bytes, corrected.overhead_bytes) == (150, 350)
    assert corrected.host.overhead_bytes == 350
    assert corrected.weights_bytes == 1000
    assert correct_memory(need, {}) is need
