"""Probes: what they return is a range with its source, and nothing is left behind. No speed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.machine.cpu import usable_cpus
from hearth.machine.measure.bandwidth import Processors, measure_bandwidth, thread_counts
from hearth.machine.measure.buffers import (
    MIB,
    MOST_FAR_BYTES,
    CacheSizes,
    allocate,
    far_bytes,
)
from hearth.machine.measure.disk import measure_disk
from hearth.machine.measure.latency import find_walk, measure_latencies
from hearth.machine.measure.loopback import measure_loopback
from hearth.machine.measure.repeats import Repeat, is_disturbed, repeat, summarize
from hearth.machine.measure.survey import measure_idle_power
from hearth.machine.power import Gauge, Sources
from hearth.machine.profile import Measured, PowerPart

CACHES = CacheSizes((32 * 1024, MIB))
LONG_S = 600.0  # no test waits for it
HERE = Processors(tuple(sorted(usable_cpus(1))))


def checked(figure: Measured | None, unit: str) -> None:
    assert figure is not None
    assert 0 < figure.low <= figure.value <= figure.high
    assert (figure.unit, figure.how) == (unit, "measured")
    assert "median of" in figure.source


@pytest.mark.parametrize(
    ("most", "counts"),
    [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (8, (1, 2, 4, 8)), (12, (1, 2, 4, 8, 12)), (0, (1,))],
)
def test_numbers_of_threads(most: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(most) == counts


@pytest.mark.parametrize("num_threads", [1, 2, 3])
@pytest.mark.parametrize("size_bytes", [16 * 1024, 4 * MIB])
def test_bandwidth(num_threads: int, size_bytes: int) -> None:
    memory = allocate(4 * MIB)
    found = measure_bandwidth(memory, size_bytes, num_threads, HERE)
    checked(found.bandwidth, "B/s")
    assert found.num_threads == num_threads
    assert 0 <= size_bytes - found.size_bytes < num_threads


def test_bandwidth_where_threads_cannot_be_pinned() -> None:
    found = measure_bandwidth(allocate(MIB), MIB, 1, Processors((0,), can_pin=False))
    assert "not pinned" in found.bandwidth.source


@pytest.mark.skipif(sys.platform != "linux", reason="needs glibc")
def test_latencies_end_with_memory() -> None:
    if isinstance(find_walk(), str):
        pytest.skip(str(find_walk()))
    found = measure_latencies(CACHES, allocate(16 * MIB))
    assert not isinstance(found, str)
    assert [at.size_bytes for at in found] == [16 * 1024, 256 * 1024, 8 * MIB]
    for at in found:
        checked(at.latency, "s")


def test_working_sets_lie_well_inside_of_their_level() -> None:
    assert CacheSizes(()).inside() == ()
    sizes = CacheSizes((48 * 1024, 2 * MIB, 260 * MIB))
    assert sizes.inside() == (24 * 1024, 384 * 1024, 16 * MIB)
    assert sizes.last_bytes == 260 * MIB
    assert CacheSizes(()).last_bytes > 0
    assert far_bytes(CacheSizes((2**40,))) <= MOST_FAR_BYTES


def test_the_disk_is_measured_and_left_as_it_was(tmp_path: Path) -> None:
    found = measure_disk(tmp_path)
    if found.why_not is None:
        checked(found.cold_read, "B/s")
        checked(found.warm_read, "B/s")
        checked(found.latency, "s")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    assert measure_disk(tmp_path / "none").why_not
    if Path("/proc").is_dir():
        assert measure_disk(Path("/proc")).why_not


def test_loopback() -> None:
    found = measure_loopback()
    assert not isinstance(found, str)
    checked(found[0], "B/s")
    checked(found[1], "s")


def repeats(*values: float) -> Iterator[Repeat]:
    """Yield undisturbed repeats; a negative one is disturbed."""
    return (Repeat(abs(value), value < 0) for value in values)


def test_disturbed_repeats_are_left_out_and_counted() -> None:
    given = repeats(5, -1, 6, -1, 7)
    found = repeat(lambda: next(given, None), "s", "by hand", LONG_S)
    assert (found.value, found.low, found.high) == (6, 5, 7)
    assert found.source == "by hand; median of 3, 2 disturbed ones left out"


def test_a_machine_that_is_too_busy_says_so() -> None:
    given = repeats(-4, -5, 6, -7)
    found = repeat(lambda: next(given, None), "s", "by hand", LONG_S)
    assert (found.value, found.low, found.high) == (5.5, 4, 7)
    assert "too busy" in found.source


def test_enough_repeats_are_enough() -> None:
    taken = []

    def take() -> Repeat:
        taken.append(1)
        return Repeat(1.0)

    assert repeat(take, "s", "by hand", LONG_S).value == 1
    assert len(taken) == 15
    assert repeat(take, "s", "by hand", most_s=0).source == "by hand; median of 3"


def test_two_repeats_tell_no_range() -> None:
    with pytest.raises(ValueError, match="2 repeats"):
        summarize([1, 2], "s", "by hand")


@pytest.mark.skipif(sys.platform == "win32", reason="threads' clocks tick too slowly")
def test_a_thread_that_was_kept_from_computing() -> None:
    assert is_disturbed(0.5, 1.0)
    assert not is_disturbed(0.95, 1.0)


def test_power_at_rest_is_measured_where_something_tells() -> None:
    said: list[str] = []
    gauge = Gauge(covers="machine", method="a gauge", read=lambda: 12.0)
    found = measure_idle_power(PowerPart(), Sources(found=(gauge,)), said.append)
    assert found.idle is not None
    assert (found.idle.unit, found.covers, said) == ("W", ("machine",), ["power at rest"])
    assert found.idle.low <= 12 <= found.idle.high + 1e-9


def test_power_that_is_not_told_is_not_waited_for() -> None:
    part = PowerPart(missing={"processor": "no counters"})
    assert measure_idle_power(part, Sources(), pytest.fail) is part


def test_power_that_is_lost_says_why() -> None:
    told = iter([9.0, 9.0])
    gauge = Gauge(covers="GPU", method="a gauge", read=lambda: next(told, None))
    found = measure_idle_power(PowerPart(), Sources(found=(gauge,)), print)
    assert found.idle is None
    assert "all the time" in found.missing["idle"]
