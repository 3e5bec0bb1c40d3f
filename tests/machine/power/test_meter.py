"""A meter: joules over a span, with a range and a method, or a reason."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hearth.machine.power import Counter, Gauge, Meter, Sources
from hearth.machine.power.powercap import find
from support.machines import write

ZONE = "sys/class/powercap/intel-rapl:0"


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Dial:
    """What a source shows now."""

    def __init__(self, value: float | None) -> None:
        self.value = value

    def __call__(self) -> float | None:
        return self.value


def counter(dial: Dial, *, range_j: float | None = None, covers: str = "processor") -> Counter:
    return Counter(covers=covers, method="a counter", read=dial, range_j=range_j, period_s=0.1)


def test_a_counter_of_the_kernel_over_its_beginning_again(tmp_path: Path) -> None:
    def count(microjoules: int) -> None:
        write(tmp_path, {f"{ZONE}/energy_uj": str(microjoules)})

    write(tmp_path, {f"{ZONE}/name": "package-0", f"{ZONE}/max_energy_range_uj": "100000000"})
    count(95_000_000)
    clock = Clock()
    with Meter(find(tmp_path), clock=clock) as meter:
        count(10_000_000)  # 15 J later
        meter.read()
        clock.now_s += 2
        count(15_000_000)
    total = meter.reading.total
    assert total is not None
    assert (total.joules, total.watts) == (pytest.approx(20), pytest.approx(10))
    assert (total.low, total.high) == (pytest.approx(19.98), pytest.approx(20.02))
    assert total.covers == ("processor",)
    assert "RAPL" in total.method


def test_parts_are_added_and_a_battery_is_not() -> None:
    package, memory, battery = Dial(0), Dial(0), Dial(50)
    gauge = Gauge(covers="machine", method="a battery", read=battery)
    sources = Sources(found=(counter(package), counter(memory, covers="memory"), gauge))
    clock = Clock()
    with Meter(sources, clock=clock) as meter:
        clock.now_s += 10
        package.value, memory.value = 200, 30
    total = meter.reading.total
    assert total is not None
    assert total.joules == 230
    assert total.covers == ("processor", "memory")
    assert not total.is_whole
    whole = meter.reading.parts[-1]
    assert (whole.joules, whole.is_whole) == (500, True)


def test_a_gauge_is_added_up_over_time() -> None:
    dial, clock = Dial(10), Clock()
    gauge = Gauge(covers="machine", method="a gauge", read=dial)
    with Meter(Sources(found=(gauge,)), clock=clock) as meter:
        clock.now_s += 1
        dial.value = 30
        meter.read()
        clock.now_s += 1
    total = meter.reading.total
    assert total is not None
    assert total.joules == 10 + 10 + 30
    assert (total.low, total.high) == (20, 60)


@pytest.mark.parametrize("after", [None, 5.0])
def test_a_counter_that_is_lost_is_no_energy(after: float | None) -> None:
    dial, other, clock = Dial(10), Dial(0), Clock()
    sources = Sources(found=(counter(dial), counter(other)))
    with Meter(sources, clock=clock) as meter:
        clock.now_s += 10
        dial.value, other.value = after, 7
    assert meter.reading.total is None  # the other socket's would pass for both
    assert "all the time" in meter.reading.why_not


def test_a_span_that_is_too_short_says_so() -> None:
    dial, clock = Dial(10), Clock()
    with Meter(Sources(found=(counter(dial),)), clock=clock) as meter:
        clock.now_s += 0.1
        dial.value = 11
    assert meter.reading.total is None
    assert "too short" in meter.reading.why_not


def test_entered_watts_stand_for_the_whole_machine() -> None:
    clock = Clock()
    with Meter(watts=90, clock=clock) as meter:
        clock.now_s += 2
    total = meter.reading.total
    assert total is not None
    assert (total.joules, total.is_whole) == (180, True)
    assert "entered" in total.method


def test_nothing_that_tells_is_a_reason() -> None:
    with Meter(Sources(missing={"processor": "no counters"})) as meter:
        pass
    assert meter.reading.total is None
    assert meter.reading.why_not == "processor: no counters"


def test_sources_are_read_between_the_ends_by_the_meter_itself() -> None:
    seen = threading.Event()

    def read() -> float:
        if threading.current_thread().name == "energy":
            seen.set()
        return 5.0

    gauge = Gauge(covers="machine", method="a gauge", read=read)
    with Meter(Sources(found=(gauge,)), interval_s=0.001) as meter:
        assert seen.wait(60)
    assert meter.reading.total is not None
    assert not any(thread.name == "energy" for thread in threading.enumerate())
