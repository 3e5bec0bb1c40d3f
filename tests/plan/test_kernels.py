"""The table of measured kernels: what it answers between, beside and past what was measured."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hearth.machine.profile import CpuPart
from hearth.plan.attention import Look
from hearth.plan.kernels import KernelTable, table_of
from hearth.plan.operations import Matrix
from support.kernels import GIGA, full_look, kernel, look_back, timed_machine

FAR = 2**26
KIB = 2**10


def matrix(weight_type: str, *, rows: int = 64, experts: int = 0) -> Matrix:
    return Matrix(
        type=weight_type, columns=64, rows=rows, size_bytes=1000 * max(1, experts), experts=experts
    )


def table(*rows: object, looks: tuple[object, ...] = ()) -> KernelTable:
    found = table_of(timed_machine(*rows, looks=looks))  # type: ignore[arg-type]
    assert found is not None
    return found


def seconds(found: KernelTable, one: Matrix, tokens: float, working_set: float = FAR) -> float:
    return found.matrix_s(one, tokens, working_set).likely


def test_a_profile_without_kernels_has_no_table() -> None:
    assert table_of(timed_machine()) is None


def test_time_is_linear_between_the_numbers_of_tokens_that_were_measured() -> None:
    found = table(kernel("Q8_0", 1, 10), kernel("Q8_0", 3, 5))
    assert seconds(found, matrix("Q8_0"), 1) == pytest.approx(1e-7)
    assert seconds(found, matrix("Q8_0"), 2) == pytest.approx(1.5e-7)
    assert seconds(found, matrix("Q8_0"), 3) == pytest.approx(2e-7)


def test_past_the_last_number_time_is_in_proportion() -> None:
    found = table(kernel("Q8_0", 1, 10), kernel("Q8_0", 512, 0.5))
    assert seconds(found, matrix("Q8_0"), 1024) == pytest.approx(4e-6)
    assert seconds(found, matrix("Q8_0"), 0.5) == pytest.approx(1e-7)  # no less than one


def test_small_models_come_from_the_caches() -> None:
    near = kernel("Q8_0", 1, 40, working_set_bytes=2**20)
    found = table(near, kernel("Q8_0", 1, 10))
    assert seconds(found, matrix("Q8_0"), 1, working_set=2**19) == pytest.approx(0.25e-7)
    assert seconds(found, matrix("Q8_0"), 1, working_set=2**28) == pytest.approx(1e-7)
    between = seconds(found, matrix("Q8_0"), 1, working_set=2**23)
    assert between == pytest.approx((0.25e-7 + 1e-7) / 2)


def test_the_processors_own_layout_is_used_where_rows_fill_it() -> None:
    found = table(kernel("Q4_0", 1, 10), kernel("Q4_0", 1, 20, layout="repacked"))
    assert seconds(found, matrix("Q4_0"), 1) == pytest.approx(0.5e-7)
    assert seconds(found, matrix("Q4_0", rows=63), 1) == pytest.approx(1e-7)


def test_tokens_that_fill_no_group_of_four_are_computed_one_by_one() -> None:
    speeds = {1: 10, 2: 5, 4: 10, 16: 4}
    found = table(*(kernel("Q4_0", n, rate, layout="repacked") for n, rate in speeds.items()))
    one = matrix("Q4_0")
    assert seconds(found, one, 3) == pytest.approx(3e-7)
    assert seconds(found, one, 4) == pytest.approx(1e-7)
    assert seconds(found, one, 7) == pytest.approx(4e-7)
    assert seconds(found, one, 16) == pytest.approx(2.5e-7)
    assert seconds(found, one, 5.5) == pytest.approx(1e-7 + 1.5e-7)  # one and a half on average


def test_tokens_of_tiles_fill_no_groups() -> None:
    speeds = {1: 10, 2: 5, 4: 10, 16: 4}
    rows = [kernel("Q4_0", n, rate, layout="repacked") for n, rate in speeds.items()]
    cpu = CpuPart(flags=("avx2", "amx_int8"))
    found = table_of(replace(timed_machine(*rows), cpu=cpu))
    assert found is not None
    assert seconds(found, matrix("Q4_0"), 3) == pytest.approx(1.5e-7)


def test_an_expert_is_a_matrix_of_its_own_that_its_tokens_pass_one_by_one() -> None:
    near = kernel("Q8_0", 1, 40, working_set_bytes=2**20)
    found = table(near, kernel("Q8_0", 1, 10), kernel("Q8_0", 512, 1))
    assert seconds(found, matrix("Q8_0", experts=8), 1) == pytest.approx(1e-7)
    assert seconds(found, matrix("Q8_0", experts=8), 5) == pytest.approx(1e-7 + 4 * 0.25e-7)


def test_what_goes_in_is_told_from_the_weights_by_matrices_of_few_rows() -> None:
    # F32: 4096 bytes a row. A row takes 0.1 us and 1024 numbers that go in take 10 us:
    low, tall = 4096 * 100 / 20e-6, 4096 * 1000 / 110e-6
    found = table(
        kernel("F32", 1, low / GIGA, rows=100),
        kernel("F32", 1, tall / GIGA, rows=1000, working_set_bytes=2**20),
        kernel("F32", 1, tall / GIGA, rows=1000),
    )
    narrow = Matrix(type="F32", columns=512, rows=200, size_bytes=200 * 2048)
    assert seconds(found, narrow, 1) == pytest.approx(10e-6 + 5e-6)


def test_the_start_of_a_matrix_from_memory_is_told_by_matrices_of_few_rows() -> None:
    # Near: 0.1 us a row. From memory 0.2 us, and each matrix takes 6 us to begin with.
    found = table(
        kernel("F32", 1, 4096 * 100 / 10e-6 / GIGA, rows=100, working_set_bytes=1),
        kernel("F32", 1, 4096 * 100 / 26e-6 / GIGA, rows=100, working_set_bytes=2**24),
        kernel("F32", 1, 4096 * 1000 / 100e-6 / GIGA, rows=1000, working_set_bytes=2**20),
        kernel("F32", 1, 4096 * 1000 / 206e-6 / GIGA, rows=1000),
        kernel("F32", 2, 4096 * 1000 / 206e-6 / GIGA, rows=1000),
    )
    one = Matrix(type="F32", columns=512, rows=200, size_bytes=200 * 2048)
    assert seconds(found, one, 1) == pytest.approx(26e-6)
    assert seconds(found, one, 1, working_set=2**20) == pytest.approx(10e-6)
    assert seconds(found, one, 2) == pytest.approx(20.6e-6)
    expert = replace(one, size_bytes=8 * 200 * 2048, experts=8)
    assert seconds(found, expert, 1) == pytest.approx(26e-6)


def test_what_it_takes_to_begin_a_row_is_told_by_a_narrow_matrix() -> None:
    # 4 GB/s: 1 us for a row of 1024 columns. A row of 64 takes a sixteenth of that, and 30 ns.
    found = table(
        kernel("F32", 1, 4.096, rows=1000),
        kernel("F32", 1, 256 * 800 / (800 * (62.5e-9 + 30e-9)) / GIGA, rows=800, columns=64),
    )
    row_s = 30e-9 / (1 - 64 / 1024)
    short = Matrix(type="F32", columns=64, rows=500, size_bytes=500 * 256)
    assert seconds(found, short, 1) == pytest.approx(500 * (62.5e-9 + 30e-9))
    half = Matrix(type="F32", columns=512, rows=500, size_bytes=500 * 2048)
    assert seconds(found, half, 1) == pytest.approx(500 * (500e-9 + row_s / 2))
    usual = Matrix(type="F32", columns=1024, rows=500, size_bytes=500 * 4096)
    assert seconds(found, usual, 1) == pytest.approx(500e-6)


def test_later_tokens_of_an_expert_take_what_was_measured_of_them() -> None:
    # 4 MB at 10 GB/s for the first token, and 31 times a tenth of that for the others.
    found = table(
        kernel("F32", 1, 10, rows=1024), kernel("F32", 32, 10 / 4.1, rows=1024, is_expert=True)
    )
    one = Matrix(type="F32", columns=1024, rows=256, size_bytes=8 * 2**20, experts=8)
    assert seconds(found, one, 1) == pytest.approx(2**20 / 10e9)
    assert seconds(found, one, 11) == pytest.approx(2 * 2**20 / 10e9)


def test_types_that_were_not_measured_are_told() -> None:
    found = table(kernel("Q8_0", 1, 10))
    assert found.covers([matrix("Q8_0")])
    assert not found.covers([matrix("Q8_0"), matrix("IQ1_S")])


def look(
    found: KernelTable, cells: float, *, kv_type: str = "f16", rows: float = 1, flash: bool = True
) -> float:
    wanted = Look(
        kv_type=kv_type, head_size=128, kv_heads=2, group=1, cells=cells, rows=rows, flash=flash
    )
    time = found.attention_s(GIGA, wanted)
    return time.likely if time else 0.0


def test_deep_down_keys_that_lie_close_together_are_as_quick() -> None:
    looks = tuple(
        replace(look_back("f16", speed, cells=cells), kv_heads=heads)
        for heads, cells, speed in ((2, 1024, 4), (8, 1024, 4), (2, 8192, 4), (8, 8192, 2))
    )
    found = table(kernel("Q8_0", 1, 10), looks=looks)
    close = Look(kv_type="f16", head_size=64, kv_heads=2, group=4, cells=8192, rows=1)
    times = [found.attention_s(GIGA, replace(close, kv_heads=heads)) for heads in (2, 4, 8)]
    assert [time.likely for time in times if time] == pytest.approx([0.25, 0.375, 0.5])


def test_looking_back_takes_the_nearest_head_and_the_depth_between() -> None:
    looks = (look_back("f16", 4), look_back("f16", 2, cells=4096), look_back("f16", 8, tokens=64))
    found = table(kernel("Q8_0", 1, 10), looks=looks)
    assert look(found, 100) == pytest.approx(0.25)
    assert look(found, 2048) == pytest.approx(0.375)
    assert look(found, 2**17) == pytest.approx(0.5)
    assert look(found, 2**17, rows=math.inf) == pytest.approx(0.125)
    assert look(found, 1, kv_type="f32") == 0.0


def test_a_size_not_timed_deep_down_is_as_slow_there_as_one_with_keys_as_far_apart() -> None:
    looks = [
        replace(look_back("f16", speed, cells=cells), kv_heads=heads)
        for heads, cells, speed in ((2, 1024, 4), (16, 1024, 4), (2, 8192, 4), (16, 8192, 1))
    ]
    wide = replace(look_back("f16", 16), head_size=256, kv_heads=4)
    found = table(kernel("Q8_0", 1, 10), looks=(*looks, wide))
    far_apart = Look(kv_type="f16", head_size=256, kv_heads=4, group=4, cells=1024, rows=1)
    times = [found.attention_s(GIGA, replace(far_apart, cells=cells)) for cells in (1024, 8192)]
    assert [time.likely for time in times if time] == pytest.approx([1 / 16, 4 / 16])


def test_rows_that_are_multiplied_together_take_what_lies_between_the_measured_numbers() -> None:
    looks = (look_back("f16", 1), full_look(2), full_look(8, rows=16))
    found = table(kernel("Q8_0", 1, 10), looks=looks)
    times = [look(found, 100, rows=rows, flash=False) for rows in (1, 4, 16, 512)]
    assert times == pytest.approx([0.5, (0.5 + 0.125) / 2, 0.125, 0.125])
    assert look(found, 100) == pytest.approx(1.0)


def test_a_state_with_a_decay_for_each_number_is_slower() -> None:
    found = table(kernel("Q8_0", 1, 10))
    each, shared = (found.scan_s(GIGA, head=head, many=True) for head in (1, 80))
    assert each is not None
    assert shared is not None
    assert each.likely == pytest.approx(20 * shared.likely)
