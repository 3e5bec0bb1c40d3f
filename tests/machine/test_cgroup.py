"""Limits of containers, in trees of files as the kernel shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.machine.cgroup import CgroupLimits, read_cgroup

GIB = 2**30
V1_UNLIMITED = "9223372036854771712"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_no_control_groups(tmp_path: Path) -> None:
    assert read_cgroup(tmp_path) == CgroupLimits()


def test_version_2_in_a_container(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": f"{4 * GIB}\n",
            "sys/fs/cgroup/memory.current": f"{3 * GIB}\n",
            "sys/fs/cgroup/memory.stat": f"anon 5\ninactive_file {GIB}\n",
            "sys/fs/cgroup/cpu.max": "150000 100000\n",
        },
    )
    limits = read_cgroup(root)
    assert limits == CgroupLimits(memory_bytes=4 * GIB, memory_free_bytes=2 * GIB, cpus=1.5)


def test_version_2_without_limits(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/user.slice\n",
            "sys/fs/cgroup/user.slice/memory.max": "max\n",
            "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
        },
    )
    assert read_cgroup(root) == CgroupLimits()


def test_the_tightest_limit_of_all_levels_counts(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/memory.max": f"{GIB}",
            "sys/fs/cgroup/a/memory.current": "0",
            "sys/fs/cgroup/a/cpu.max": "100000 100000",
            "sys/fs/cgroup/a/b/memory.max": f"{2 * GIB}",
            "sys/fs/cgroup/a/b/memory.current": f"{2 * GIB - 5}",
            "sys/fs/cgroup/a/b/cpu.max": "300000 100000",
        },
    )
    assert read_cgroup(root) == CgroupLimits(memory_bytes=GIB, memory_free_bytes=5, cpus=1.0)


def test_version_1(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n1:name=systemd:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": V1_UNLIMITED,
            "sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": f"{GIB}",
            "sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes": f"{GIB // 2}",
            "sys/fs/cgroup/memory/docker/x/memory.stat": f"total_inactive_file {GIB // 4}\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "50000",
            "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000",
        },
    )
    limits = read_cgroup(root)
    assert limits.memory_bytes == GIB
    assert limits.memory_free_bytes == GIB - GIB // 4
    assert limits.cpus == 0.5


def test_version_1_without_limits(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/\n1:cpu:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": V1_UNLIMITED,
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        },
    )
    assert read_cgroup(root) == CgroupLimits()


@pytest.mark.parametrize("path", ["/host/only/path", "/../../outside"])
def test_a_path_of_the_host_means_the_containers_top(tmp_path: Path, path: str) -> None:
    root = write(
        tmp_path,
        {"proc/self/cgroup": f"0::{path}\n", "sys/fs/cgroup/memory.max": f"{GIB}"},
    )
    assert read_cgroup(root).memory_bytes == GIB


def test_odd_content_is_no_limit(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "garbage\n0::/\n",
            "sys/fs/cgroup/memory.max": "lots",
            "sys/fs/cgroup/cpu.max": "1 0",
        },
    )
    assert read_cgroup(root) == CgroupLimits()
