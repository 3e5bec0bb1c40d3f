"""Speeds against arithmetic by hand, and laws that hold for every machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.errors import InvalidRequest
from hearth.machine.describe import describe_machine
from hearth.plan.arithmetic import Range
from hearth.plan.known import known_models
from hearth.plan.load_time import COPY_RATE, START_S, load_time
from hearth.plan.placement import place
from hearth.plan.roofline import (
    LINK_LATENCY_S,
    Speed,
    decode_speed,
    first_token_s,
    prompt_speed,
)
from hearth.plan.shape import ModelShape
from hearth.plan.speeds import predict_speeds
from support.made_up import made_up_computer, made_up_device, made_up_shape

SHAPE = made_up_shape()  # 9 layers and the output: 1 GB and 500 M weights for a token
GPU = made_up_device("gpu", kind="gpu", bandwidth=1e12, read=Range.exactly(500e9))


def decode(shape: ModelShape = SHAPE, *devices: object, **asked: int) -> Speed:
    computer = made_up_computer(*devices)  # type: ignore[arg-type]
    return decode_speed(shape, computer, place(shape, computer), **asked)


def test_one_token_reads_every_weight_once() -> None:
    speed = decode()
    assert speed.bound == pytest.approx(100)  # 1 GB at 100 GB/s
    assert speed.estimate == Range(low=25, likely=50, high=100)
    assert speed.limit == "memory bandwidth of cpu"
    assert speed.limit_share == pytest.approx(0.5)
    assert speed.steps[-1].result == "100 tokens/s"


def test_the_context_is_read_again_for_every_token() -> None:
    # 9 layers x 1,000 numbers x 2 B = 18 kB a token: 50,000 tokens are 0.9 GB.
    assert decode(depth=50_000).bound == pytest.approx(100e9 / 1.9e9)


def test_a_batch_shares_the_weights_but_not_the_context() -> None:
    assert decode(batch=4).bound == pytest.approx(400)
    assert decode(batch=4, depth=50_000).bound == pytest.approx(4 * 100e9 / (1e9 + 4 * 0.9e9))


def test_a_large_batch_is_bound_by_computing() -> None:
    # 1 GFLOP a token; 250 GFLOP/s in 16 bits are at most 1,000 in fewer.
    device = made_up_device(flops_f16=250e9, compute=Range.exactly(200e9))
    speed = decode(SHAPE, device, batch=100)
    assert speed.bound == pytest.approx(1000)
    assert speed.limit == "operations of cpu"
    assert speed.estimate is not None
    assert speed.estimate.likely == pytest.approx(200)


def test_experts_are_read_as_far_as_the_batch_touches_them() -> None:
    shape = made_up_shape(experts=8, used=2)
    # 1 GB common, 9 x 0.8 GB of experts: a quarter for one token.
    assert decode(shape).bound == pytest.approx(100 / 2.8)
    assert decode(shape).estimate.likely == pytest.approx(50 / 2.8)  # type: ignore[union-attr]
    two = decode(shape, batch=2)
    assert two.bound == pytest.approx(2 * 100 / 2.8)  # both could choose the same experts
    # By chance two tokens touch 3.5 of 8.
    assert two.estimate.likely == pytest.approx(2 * 50 / (1 + 7.2 * 3.5 / 8))  # type: ignore[union-attr]


def test_layers_on_two_devices_add_up() -> None:
    computer = made_up_computer(GPU, made_up_device(), link=10e9)
    split = place(SHAPE, computer, gpu_layers=4)
    assert [(each.device.name, len(each.parts)) for each in split] == [("cpu", 6), ("gpu", 4)]
    speed = decode_speed(SHAPE, computer, split)
    assert speed.bound == pytest.approx(1 / (0.6e9 / 100e9 + 0.4e9 / 1e12))
    likely = 0.6e9 / 50e9 + 0.4e9 / 500e9 + LINK_LATENCY_S.likely + 4000 / 10e9
    assert speed.estimate.likely == pytest.approx(1 / likely)  # type: ignore[union-attr]
    assert speed.limit == "memory bandwidth of cpu"


def test_layers_go_where_llama_cpp_puts_them() -> None:
    computer = made_up_computer(GPU, made_up_device())
    only_output = place(SHAPE, computer, gpu_layers=1)[-1]
    assert only_output.parts == (SHAPE.output,)
    everything = place(SHAPE, computer, gpu_layers=99)
    assert [each.device.name for each in everything] == ["gpu"]
    assert place(SHAPE, computer, gpu_layers=0)[0].weight_bytes == pytest.approx(1e9)


def test_as_many_layers_as_fit_go_to_the_gpus() -> None:
    small = made_up_device("small", kind="gpu", memory_bytes=250e6)
    large = made_up_device("large", kind="gpu", memory_bytes=450e6)
    split = place(SHAPE, made_up_computer(small, large, made_up_device()))
    found = [(each.device.name, len(each.parts)) for each in split]
    assert found == [("cpu", 4), ("small", 2), ("large", 4)]
    with pytest.raises(InvalidRequest, match="4 of 10 layers"):
        place(SHAPE, made_up_computer(small, large))


def test_prompts_are_bound_by_operations() -> None:
    device = made_up_device(flops_f16=250e9, compute=Range.exactly(100e9))
    computer = made_up_computer(device)
    speed = prompt_speed(SHAPE, computer, place(SHAPE, computer), tokens=1000)
    # 9 layers of 100 MFLOP, without the output, and attention over 500 tokens on average.
    each = 900e6 + 9 * 4000 * 500
    assert speed.bound == pytest.approx(1e12 / each)
    assert speed.estimate.likely == pytest.approx(100e9 / each)  # type: ignore[union-attr]
    first = first_token_s(speed, decode(), 1000)
    assert first is not None
    assert first.likely == pytest.approx(1000 * each / 100e9 + 0.02)


def test_an_unknown_peak_is_said_and_not_guessed() -> None:
    computer = made_up_computer()
    speed = prompt_speed(SHAPE, computer, place(SHAPE, computer), tokens=1000)
    assert speed.estimate is None
    assert first_token_s(speed, decode(), 1000) is None
    assert "not known" in str(speed.steps[0])


def test_loading_is_a_start_and_size_by_rate() -> None:
    computer = made_up_computer(disk=Range(low=1e9, likely=2e9, high=4e9))
    found = load_time(8e9, computer)
    assert found.cold_s == Range(low=2, likely=4, high=8).plus(START_S)
    assert found.warm_s is None


def test_weights_that_are_copied_take_longer_to_load() -> None:
    computer = made_up_computer(disk=Range.exactly(2e9))
    plain, copied = load_time(8e9, computer), load_time(8e9, computer, copied_bytes=4e9)
    assert plain.cold_s is not None
    assert copied.cold_s == plain.cold_s.plus(COPY_RATE.dividing(4e9))


def test_speeds_of_a_described_machine() -> None:
    model = next(model for model in known_models() if model.name == "Llama-3.1-8B")
    speeds = predict_speeds(model.shape(4.5), describe_machine("RTX 4090 + DDR5-6000 x2"))
    assert [each.device.kind for each in speeds.placements] == ["gpu"]
    assert speeds.decode.bound == pytest.approx(1008e9 / (7.505e9 * 4.5 / 8), rel=0.001)
    assert speeds.first_token_s is not None
    assert "RTX 4090" in speeds.decode.limit


rates = st.floats(1e9, 1e13)


@given(
    bandwidth=rates,
    flops=rates,
    depth=st.integers(0, 100_000),
    batch=st.integers(1, 64),
    layer_us=st.floats(0, 100),
    experts=st.sampled_from([(0, 0), (8, 2), (64, 6)]),
)
def test_no_estimate_exceeds_its_bound(
    bandwidth: float,
    flops: float,
    depth: int,
    batch: int,
    layer_us: float,
    experts: tuple[int, int],
) -> None:
    device = made_up_device(
        bandwidth=bandwidth,
        read=Range(low=0.4 * bandwidth, likely=0.6 * bandwidth, high=bandwidth),
        flops_f16=flops,
        compute=Range(low=0.1 * flops, likely=0.5 * flops, high=flops),
        layer_s=Range.exactly(layer_us * 1e-6),
    )
    shape = made_up_shape(experts=experts[0], used=experts[1])
    computer = made_up_computer(device)
    for speed in (
        decode_speed(shape, computer, place(shape, computer), depth=depth, batch=batch),
        prompt_speed(shape, computer, place(shape, computer), tokens=batch, depth=depth),
    ):
        assert speed.bound is not None
        assert speed.estimate is not None
        assert 0 < speed.estimate.low <= speed.estimate.likely <= speed.estimate.high
        assert speed.estimate.high <= speed.bound * (1 + 1e-9)


@given(depth=st.integers(0, 10_000), batch=st.integers(1, 32), more=st.integers(1, 10_000))
def test_bounds_move_the_right_way(depth: int, batch: int, more: int) -> None:
    here = decode(depth=depth, batch=batch).bound or 0.0
    assert (decode(depth=depth + more, batch=batch).bound or 0.0) <= here
    assert (decode(depth=depth, batch=batch + 1).bound or 0.0) >= here
    faster = decode(SHAPE, made_up_device(bandwidth=200e9), depth=depth, batch=batch).bound or 0.0
    assert faster == pytest.approx(2 * here)
