"""What is said of the machine while something is measured on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.measure.evidence import watch
from hearth.measure.evidence.disturbances import Counters, disturbances, read_counters
from hearth.measure.evidence.wording import circumstance_facts

QUIET = Counters(busy_and_idle_s=100.0, load_average=0.1)
LATER = replace(QUIET, busy_and_idle_s=200.0)


def test_a_watch_tells_where_and_when() -> None:
    with watch(load_config()) as watched:
        before = watched.circumstances()
    after = watched.circumstances()
    assert after.begun_at == before.begun_at
    assert after.seconds >= before.seconds >= 0
    assert watched.circumstances() == after  # nothing changes once it is over
    assert len(after.machine) == 16
    assert after.machine_facts["memory"]
    assert after.hearth
    facts = circumstance_facts(after)
    assert facts["begun"].endswith("UTC")
    assert "before" in facts["load"]


def test_a_measurement_that_fails_is_over_too() -> None:
    with pytest.raises(ZeroDivisionError), watch(load_config()) as watched:
        _ = 1 / 0
    assert watched.circumstances() == watched.circumstances()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {}, None),
        ({"load_average": 3.0}, {}, "3.0 processes wanted to run on 2 processors"),
        ({"load_average": None}, {"load_average": None}, None),
        ({}, {"throttled_hot": 4}, "slowed 4 times because it was hot"),
        ({"throttled_hot": 4}, {"throttled_hot": 4}, None),
        ({}, {"throttled_quota": 2}, "used up its processor time 2 times"),
        ({}, {"stolen_s": 10.0}, "gave 10% of the processor time to others"),
        ({}, {"stolen_s": 0.5}, None),
        ({}, {"swapped_bytes": 64 << 20}, "64 MiB went to the swap"),
        ({}, {"on_battery": True}, "on a battery"),
    ],
)
def test_disturbances_are_named(
    before: dict[str, object], after: dict[str, object], words: str | None
) -> None:
    found = disturbances(
        replace(QUIET, **before),  # type: ignore[arg-type]
        replace(LATER, **after),  # type: ignore[arg-type]
        2,
    )
    assert (found == ()) is (words is None)
    assert words is None or words in found[0]


def test_counters_are_read_where_the_system_has_them(tmp_path: Path) -> None:
    for processor, count in (("cpu0", "3"), ("cpu1", "4"), ("cpu2", "none")):
        folder = tmp_path / "sys/devices/system/cpu" / processor / "thermal_throttle"
        folder.mkdir(parents=True)
        (folder / "core_throttle_count").write_text(f"{count}\n")
    group = tmp_path / "sys/fs/cgroup/mine"
    group.mkdir(parents=True)
    (group / "cpu.stat").write_text("usage_usec 5\nnr_periods 9\nnr_throttled 6\n")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/mine\n")
    found = read_counters(tmp_path)
    assert (found.throttled_hot, found.throttled_quota) == (7, 6)
    assert read_counters(tmp_path / "nowhere").throttled_hot == 0
