"""Less processor time than there is, as a container gets it: a control group of the kernel.

Needs Linux, and the right to make groups: root, as a rule. Both versions of control groups are
known (Documentation/admin-guide/cgroup-v1 and cgroup-v2 of Linux).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PERIOD_US = 100_000
GROUPS = Path("/sys/fs/cgroup")


class CannotMeasure(RuntimeError):
    """This machine, or this user, cannot give what a case needs."""


@contextmanager
def limited(processes: Iterable[int], cores: float) -> Iterator[None]:
    """Let processes have so much time of the cores together, such as 1.5 of two.

    Args:
        processes: Their identifiers; what they start meanwhile is limited with them.
        cores: Seconds of processor time a second.

    Raises:
        CannotMeasure: Control groups are not there, or not to be written by this user.
    """
    quota_us = int(cores * PERIOD_US)
    top = GROUPS / "cpu" if (GROUPS / "cpu").is_dir() else GROUPS
    group = top / f"hearth-benchmark-{os.getpid()}"
    homes: dict[int, Path] = {}
    try:
        try:
            _make(group, quota_us)
            for process in processes:
                homes[process] = top / _group_of(process, top)
                _move(process, group)
        except OSError as error:
            raise CannotMeasure(f"processor time cannot be limited here: {error}") from error
        yield
    finally:
        for process, home in homes.items():
            with suppress(ProcessLookupError):  # it has ended
                _move(process, home)
        if group.is_dir():
            group.rmdir()


def _make(group: Path, quota_us: int) -> None:
    first = group.parent.name == "cpu"
    if not first:
        (group.parent / "cgroup.subtree_control").write_text("+cpu")
    group.mkdir()
    if first:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    else:
        (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")


def _group_of(process: int, top: Path) -> str:
    """Return a process's group, relative to the topmost one."""
    for line in Path(f"/proc/{process}/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if ("cpu" in names.split(",")) if top.name == "cpu" else not names:
            return path.lstrip("/")
    return ""


def _move(process: int, group: Path) -> None:
    (group / "cgroup.procs").write_text(str(process))
