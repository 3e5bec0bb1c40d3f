"""Others' processor time, from counts as the kernel writes them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from hearth.engine.worker.other_work import READ_EVERY_S, OtherWork, watch_others

HEAD = "cpu  9 9 9 9 9 9 9 9 9 9\n"


class Kernel:
    """Writes counts of two cores, and holds this process's clock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "stat"
        self.now_s = self.own_s = 0.0
        self.ticks = [0, 0]
        self.pass_time(0)

    def pass_time(self, seconds: float, *, own: float = 0.0, others: tuple[float, float] = (0, 0)):
        """Let time pass; `own` and `others` are cores' worth of work."""
        self.now_s += seconds
        self.own_s += own * seconds
        mine = own * seconds / 2
        for core, other in enumerate(others):
            self.ticks[core] += round(100 * (mine + other * seconds))
        lines = [
            f"cpu{core} {ticks} 0 0 7777 8 0 0 55 0 0\n" for core, ticks in enumerate(self.ticks)
        ]
        self.path.write_text(HEAD + "".join(lines) + "intr 1 2 3\ncpu0 99999 0 0 0 0 0 0\n")

    def watch(self, cpus: frozenset[int] = frozenset({0, 1})) -> OtherWork:
        return OtherWork(cpus, stat=self.path, clock=lambda: self.now_s, own_s=lambda: self.own_s)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def test_own_work_is_not_others(kernel: Kernel) -> None:
    watch = kernel.watch()
    kernel.pass_time(1.0, own=2.0)
    assert watch.cores() == pytest.approx(0.0, abs=0.01)
    watch.close()


def test_others_are_seen_come_and_go(kernel: Kernel) -> None:
    watch = kernel.watch()
    kernel.pass_time(1.0, own=1.5, others=(0.5, 0.0))
    assert watch.cores() == pytest.approx(0.5, abs=0.01)
    kernel.pass_time(1.0, own=1.5)
    assert watch.cores() == pytest.approx(0.0, abs=0.01)
    watch.close()


def test_cores_that_are_not_ours_do_not_count(kernel: Kernel) -> None:
    watch = kernel.watch(cpus=frozenset({1}))
    kernel.pass_time(1.0, others=(1.0, 0.25))
    assert watch.cores() == pytest.approx(0.25, abs=0.01)
    watch.close()


def test_counts_are_too_coarse_to_be_read_all_the_time(kernel: Kernel) -> None:
    watch = kernel.watch()
    kernel.pass_time(READ_EVERY_S / 2, others=(1.0, 0.0))
    assert watch.cores() is None
    kernel.pass_time(READ_EVERY_S / 2, others=(1.0, 0.0))
    assert watch.cores() == pytest.approx(1.0, abs=0.05)
    watch.close()


def test_what_was_before_a_beginning_does_not_count(kernel: Kernel) -> None:
    watch = kernel.watch()
    kernel.pass_time(10.0, others=(1.0, 1.0))
    watch.begin()
    assert watch.cores() is None
    kernel.pass_time(1.0, own=2.0)
    assert watch.cores() == pytest.approx(0.0, abs=0.01)
    watch.close()


def test_where_the_kernel_does_not_count_nobody_knows(tmp_path: Path) -> None:
    watch = OtherWork(frozenset({0}), stat=tmp_path / "none")
    assert watch.cores() is None
    watch.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the counts are Linux's")
def test_the_kernels_own_counts_can_be_read() -> None:
    watch = watch_others()
    assert watch.cores() is None  # just begun
    deadline_s = time.monotonic() + 60
    while watch.cores() is None and time.monotonic() < deadline_s:
        time.sleep(READ_EVERY_S / 4)
    assert 0.0 <= watch.cores() <= len(os.sched_getaffinity(0)) + 1
    watch.close()
