"""What a container allows: memory and processor time of this process's control group (Linux).

The engine itself reads neither; a planner that did not would offer a container the memory of the
whole host. Both versions of control groups are read, also mixed ones; a limit may stand at any
level above this process. Source: Documentation/admin-guide/cgroup-v1 and cgroup-v2 of Linux.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Version 1 writes "no limit" as the largest multiple of a page in 63 bits.
_UNLIMITED_BYTES = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CgroupLimits:
    """Limits of the control group; None where there is none.

    Args:
        memory_bytes: Most memory that this group may use.
        memory_free_bytes: What is left of it; cached file pages that can be dropped count as free.
        cpus: Processors' worth of time, e.g. 1.5.
    """

    memory_bytes: int | None = None
    memory_free_bytes: int | None = None
    cpus: float | None = None


def read_cgroup(root: Path = Path("/")) -> CgroupLimits:
    """Read the limits of this process's control group.

    Args:
        root: Where `proc` and `sys` are mounted.
    """
    memory = [found for folder in _folders(root, "memory") if (found := _memory(folder))]
    cpus = [quota for folder in _folders(root, "cpu") if (quota := _cpus(folder))]
    return CgroupLimits(
        memory_bytes=min((limit for limit, _ in memory), default=None),
        memory_free_bytes=min((free for _, free in memory), default=None),
        cpus=min(cpus, default=None),
    )


def count_throttled(root: Path = Path("/")) -> int:
    """Return how often this process's control group had used up its processor time.

    Args:
        root: Where `proc` and `sys` are mounted.
    """
    folders = _folders(root, "cpu")
    return sum(_stat(folder / "cpu.stat", "nr_throttled") for folder in folders)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield the group's folders of a controller, from its own up to the topmost."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            mounts = [root / "sys/fs/cgroup", root / "sys/fs/cgroup/unified"]
        elif controller in names.split(","):
            mounts = [root / "sys/fs/cgroup" / names, root / "sys/fs/cgroup" / controller]
        else:
            continue
        for mount in mounts:
            yield from _upwards(mount, path)


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    # Inside a container the path may be the host's, which is not there; the mount's top then is
    # the container's own group.
    parts = [part for part in path.split("/") if part and part != ".."]
    for depth in range(len(parts), -1, -1):
        folder = mount.joinpath(*parts[:depth])
        if folder.is_dir():
            yield folder


def _memory(folder: Path) -> tuple[int, int] | None:
    """Return a folder's limit and what is left of it, or None when it sets no limit."""
    for limit_name, used_name, cached_name in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit = _number(folder / limit_name)
        if limit is not None and limit < _UNLIMITED_BYTES:
            used = _number(folder / used_name) or 0
            cached = _stat(folder / "memory.stat", cached_name)
            return limit, max(0, limit - max(0, used - cached))
    return None


def _cpus(folder: Path) -> float | None:
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    if not quota:
        quota = _text(folder / "cpu.cfs_quota_us").strip()
        period = _text(folder / "cpu.cfs_period_us")
    if not quota.isdigit() or not period.strip().isdigit() or not int(period):
        return None  # "max" and -1 mean no limit
    return int(quota) / int(period)


def _stat(path: Path, name: str) -> int:
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return 0


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
