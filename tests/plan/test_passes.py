"""The time of a pass as the sum of what its layers ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.machine.describe import describe_machine
from hearth.models.gguf.layers import LayerCache
from hearth.plan.kernels import KernelTable, table_of
from hearth.plan.look_back import Pass
from hearth.plan.operations import Between, Matrix
from hearth.plan.passes import can_time, pass_time, prompt_time
from hearth.plan.shape import LayerShape, ModelShape
from hearth.plan.speeds import predict_speeds
from support.kernels import full_look, kernel, look_back, timed_machine

CACHE = LayerCache(key_width=64, value_width=64)
ATTENTION = Matrix(type="Q8_0", columns=64, rows=64, size_bytes=10_000)
FORWARD = Matrix(type="Q8_0", columns=64, rows=64, size_bytes=30_000, after_attention=True)
OUTPUT = Matrix(type="Q8_0", columns=64, rows=64, size_bytes=50_000)
BETWEEN = Between(num_operations=10, num_bytes=1000)


def layer(**changes: object) -> LayerShape:
    made = LayerShape(
        weights=40_000,
        weight_bytes=40_000,
        cache=CACHE,
        attention_flops=1000,
        matrices=(ATTENTION, FORWARD),
        between=BETWEEN,
        head_size=64,
        heads_per_kv=4,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def model(*layers: LayerShape, **changes: object) -> ModelShape:
    made = ModelShape(
        name="made up",
        num_parameters=130_000,
        layers=(*layers[:-1], replace(layers[-1], is_last=True)),
        output=LayerShape(weights=50_000, weight_bytes=50_000, matrices=(OUTPUT,)),
        weight_bytes=130_000,
        width=64,
        vocab_size=64,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def table() -> KernelTable:
    """10 GB/s for one token and a quarter of it for 512; looking back 1 and 10 GFLOP/s."""
    kernels = (kernel("Q8_0", 1, 10), kernel("Q8_0", 512, 2.5))
    looks = (look_back("f16", 1), look_back("f16", 10, tokens=128))
    found = table_of(timed_machine(*kernels, looks=looks))
    assert found is not None
    return found


def answer(depth: int = 0, tokens: int = 1) -> Pass:
    return Pass(tokens=tokens, sequences=tokens, outputs=tokens, depth=depth, kv_type="f16")


def test_a_step_is_weights_attention_and_the_work_between(table: KernelTable) -> None:
    shape = model(layer(), layer())
    found = pass_time(shape, shape.parts, table, answer(depth=1023))
    assert found.weights.likely == pytest.approx(130_000 / 10e9)
    assert found.attention.likely == pytest.approx(2 * 1000 * 1024 / 1e9)
    assert found.between.likely == pytest.approx(2 * (1000 / 10e9 + 10e-6))
    assert found.total.likely == pytest.approx(
        found.weights.likely + found.attention.likely + found.between.likely
    )


def test_a_layer_looks_back_over_its_window_and_past_the_rest(table: KernelTable) -> None:
    windowed = layer(cache=replace(CACHE, windowed=True))
    shape = model(windowed, window=100)
    near, far = (pass_time(shape, shape.parts, table, answer(depth=n)) for n in (99, 100_099))
    assert near.attention.likely == pytest.approx(100 * 1000 / 1e9, rel=0.05)
    assert near.attention.likely < far.attention.likely < 40 * near.attention.likely


@pytest.mark.parametrize(
    ("depth", "cells"),
    [
        (200, 201),  # too few to be shared out
        (400, 512),  # the first of two threads sees all of its 256
        (511, 512),
        (512, 768),
        (600, 768),
    ],
)
def test_one_token_takes_as_long_as_the_thread_that_sees_most(
    table: KernelTable, depth: int, cells: int
) -> None:
    shape = model(layer())
    found = pass_time(shape, shape.parts, table, answer(depth=depth))
    assert found.attention.likely == pytest.approx(cells * 1000 / 1e9, rel=0.01)


def test_a_window_within_one_threads_share_leaves_the_other_idle(table: KernelTable) -> None:
    shape = model(layer(cache=replace(CACHE, windowed=True)), window=100)
    found = pass_time(shape, shape.parts, table, answer(depth=4095))
    assert found.attention.likely == pytest.approx(2 * 101 * 1000 / 1e9)


def test_a_full_matrix_has_the_cells_of_all_sequences_for_each() -> None:
    looks = (look_back("f16", 1), full_look(1), full_look(4, rows=2))
    found = table_of(timed_machine(kernel("Q8_0", 1, 10), looks=looks))
    assert found is not None
    shape = model(layer())

    def seconds(passing: Pass) -> float:
        full = replace(passing, flash=False)
        return pass_time(shape, shape.parts, found, full).attention.likely

    assert seconds(answer(depth=600)) == pytest.approx(768 * 1000 / 1e9)
    assert seconds(answer(depth=600, tokens=2)) == pytest.approx(2 * 1280 * 1000 / 4e9)


def test_a_reader_has_the_prompts_of_flash_attention_and_leaves_answers_as_they_are() -> None:
    kernels = (kernel("Q8_0", 1, 10), kernel("Q8_0", 512, 2.5))
    flash = (look_back("f16", 1), look_back("f16", 10, tokens=128))
    full = (full_look(9), full_look(9, rows=2), full_look(5, rows=128))
    timed = timed_machine(*kernels, looks=(*flash, *full))
    profile = replace(timed, memory=describe_machine("DDR5-5600 x2").memory)
    usual, matrix, apart = (
        predict_speeds(model(layer()), profile, depth=600, flash=flash, reads_apart=reads_apart)
        for flash, reads_apart in ((True, False), (False, False), (False, True))
    )
    assert apart.prompt == usual.prompt != matrix.prompt
    assert apart.decode == matrix.decode != usual.decode


def test_where_the_full_matrix_was_not_measured_flash_attention_stands_for_it(
    table: KernelTable,
) -> None:
    shape = model(layer())
    usual, full = (
        pass_time(shape, shape.parts, table, replace(answer(depth=600), flash=flash))
        for flash in (True, False)
    )
    assert usual == full


def test_a_prompt_ends_before_the_last_feed_forward_part(table: KernelTable) -> None:
    shape = model(layer(), layer())
    passing = Pass(tokens=512, sequences=1, outputs=0, depth=0, kv_type="f16")
    found = pass_time(shape, shape.parts, table, passing)
    assert found.weights.likely == pytest.approx((40_000 + 10_000) / 2.5e9)
    left = [replace(part, attention_flops=0.0) for part in shape.layers]  # a GPU looks back
    assert pass_time(shape, left, table, passing).weights.likely == found.weights.likely


def test_a_prompt_is_read_a_micro_batch_at_a_time(table: KernelTable) -> None:
    shape = model(layer())

    def prompt(tokens: int, depth: int = 0) -> float:
        found = prompt_time(
            shape,
            shape.parts,
            table,
            tokens=tokens,
            depth=depth,
            kv_type="f16",
            micro_batch=512,
        )
        return found.total.likely

    assert prompt(1024) > 2 * prompt(512) - prompt(1)  # the later half looks further back
    assert prompt(512, depth=4096) > prompt(512)


def test_experts_that_a_batch_touches_are_each_read_once(table: KernelTable) -> None:
    experts = Matrix(
        type="Q8_0", columns=64, rows=64, size_bytes=80_000, experts=8, after_attention=True
    )
    mixed = layer(matrices=(experts,), expert_bytes=80_000)
    shape = model(mixed, num_experts=8, num_experts_used=2)
    one = pass_time(shape, shape.parts, table, answer())
    assert one.weights.likely == pytest.approx((2 * 10_000 + 50_000) / 10e9)
    many = pass_time(shape, shape.parts, table, answer(tokens=64))
    assert many.weights.likely > 80_000 / 10e9


def test_a_state_costs_each_token_and_each_sequence(table: KernelTable) -> None:
    state = Between(roll_bytes=50, scan_bytes=1000, scan_head=1, pass_bytes=10_000)
    shape = model(layer(cache=LayerCache(key_width=0, value_width=0), between=state))
    passing = Pass(tokens=4, sequences=1, outputs=1, depth=0, kv_type="f16")
    found = pass_time(shape, shape.parts, table, passing)
    assert found.attention.likely == 0
    assert found.between.likely == pytest.approx(4 * (50 / 5e9 + 1000 / 1e9) + 10_000 / 10e9)


def test_a_shape_from_sums_alone_cannot_be_timed(table: KernelTable) -> None:
    shape = model(layer())
    assert can_time(shape, shape.parts, table)
    known = replace(shape, output=replace(shape.output, matrices=()))
    assert not can_time(known, known.parts, table)
    other = Matrix(type="IQ1_S", columns=64, rows=64, size_bytes=1)
    odd = model(layer(matrices=(other,)))
    assert not can_time(odd, odd.parts, table)
