"""Cores and flags of a processor."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.machine.cgroup import CgroupLimits
from hearth.machine.cpu import Cpu, count_cores, parse_cpuinfo, read_cpu

CPU = Cpu(
    name="made up",
    architecture="x86_64",
    flags=frozenset(),
    num_logical=16,
    num_usable=16,
    num_physical=8,
)


@pytest.mark.parametrize(
    ("changes", "threads"),
    [
        ({}, 8),
        ({"num_usable": 4}, 4),
        ({"quota": 3.9}, 3),
        ({"quota": 0.2}, 1),
        ({"quota": 100.0}, 8),
    ],
)
def test_threads_are_whole_cores_within_the_quota(changes: dict[str, float], threads: int) -> None:
    assert replace(CPU, **changes).num_threads == threads  # type: ignore[arg-type]


def test_this_machine() -> None:
    cpu = read_cpu(CgroupLimits(cpus=1.0))
    assert cpu.name
    assert 1 <= cpu.num_physical <= cpu.num_usable <= cpu.num_logical == os.cpu_count()
    assert cpu.num_threads == 1


def test_intel_and_arm_flags() -> None:
    intel = "processor\t: 0\nmodel name\t: Xeon\nflags\t\t: fpu avx2 avx512_vnni\n"
    arm = "processor\t: 0\nBogoMIPS\t: 50\nFeatures\t: fp asimd asimddp\n"
    assert parse_cpuinfo(intel + intel) == ("Xeon", ["fpu", "avx2", "avx512_vnni"])
    assert parse_cpuinfo(arm)[1] == ["fp", "asimd", "asimddp"]
    assert parse_cpuinfo("")[1] == []


def write_topology(root: Path, cores: dict[int, tuple[int, int]]) -> None:
    for number, (package, core) in cores.items():
        folder = root / f"sys/devices/system/cpu/cpu{number}/topology"
        folder.mkdir(parents=True)
        (folder / "physical_package_id").write_text(f"{package}\n")
        (folder / "core_id").write_text(f"{core}\n")


def test_second_threads_of_a_core_are_not_counted(tmp_path: Path) -> None:
    write_topology(tmp_path, {0: (0, 0), 1: (0, 1), 2: (0, 0), 3: (0, 1), 4: (1, 0), 5: (1, 0)})
    assert count_cores(frozenset(range(6)), tmp_path) == 3
    assert count_cores(frozenset({0, 2}), tmp_path) == 1


def test_slow_cores_are_not_counted(tmp_path: Path) -> None:
    write_topology(tmp_path, {number: (0, number) for number in range(8)})
    fast = tmp_path / "sys/devices/cpu_core"
    fast.mkdir(parents=True)
    (fast / "cpus").write_text("0-3,6\n")
    assert count_cores(frozenset(range(8)), tmp_path) == 5
    assert count_cores(frozenset({4, 5, 7}), tmp_path) == 3  # only slow ones are ours


def test_topology_that_is_not_shown(tmp_path: Path) -> None:
    assert count_cores(frozenset({0}), tmp_path) is None
