"""Every probe answers or says why it cannot, where parts of the system are hidden from it.

Each test runs in namespaces of its own, where some of the kernel's files are covered, and is
skipped where the system does not allow that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hearth.machine.profile import MachineProfile
from hearth.machine.profile_file import parse_profile

LEGACY = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/cpu")
MIB = 2**20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


def profile_in(first: str, *options: str) -> MachineProfile:
    """Return the profile that a program gets after a shell command in its own namespaces."""
    unshare = ["unshare", "--mount", *options]
    try:
        allowed = subprocess.run([*unshare, "sh", "-c", f"{first} true"], capture_output=True)
    except FileNotFoundError:
        pytest.skip("unshare is not there")
    if allowed.returncode:
        pytest.skip("namespaces are not allowed here")
    command = f"{first} exec {sys.executable} -m hearth machine --json"
    done = subprocess.run([*unshare, "sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return parse_profile(done.stdout.encode(), "stdout")


@pytest.mark.parametrize(
    "hidden",
    [
        "mount -t tmpfs none /sys &&",
        "mount -t tmpfs none /proc &&",
        "mount --bind /dev/null /proc/meminfo &&",
        "mount --bind /dev/null /proc/cpuinfo &&",
        "mount --bind /dev/null /proc/self/cgroup &&",
    ],
    ids=lambda hidden: hidden.split()[-2],
)
def test_what_is_hidden_is_a_reason_and_no_failure(hidden: str) -> None:
    found = profile_in(hidden)
    assert found.cpu.num_threads
    assert found.memory.total_bytes
    assert found.memory.available_bytes
    assert found.storage[0].total_bytes
    assert all(reason for reason in found.power.missing.values())


def test_without_a_network_loopback_is_all_there_is() -> None:
    found = profile_in("", "--net")
    assert [part.kind for part in found.network] == ["loopback"]


def test_loopback_is_known_where_its_folder_is_hidden() -> None:
    found = profile_in("mount -t tmpfs none /sys &&")
    assert "loopback" in [part.kind for part in found.network]


@contextmanager
def control_group(settings: dict[str, int]) -> Iterator[list[Path]]:
    """Make a control group of version 1 with limits; skip where that is not allowed."""
    folders = [place / f"hearth-test-{os.getpid()}" for place in LEGACY]
    made = []
    try:
        try:
            for folder in folders:
                folder.mkdir()
                made.append(folder)
            for folder in folders:
                for name, value in settings.items():
                    if (folder / name).exists():
                        (folder / name).write_text(str(value))
        except OSError:
            pytest.skip("control groups of version 1 cannot be made here")
        yield folders
    finally:
        for folder in made:
            folder.rmdir()


def test_limits_of_a_real_control_group_count() -> None:
    limits = {
        "memory.limit_in_bytes": 1500 * MIB,
        "cpu.cfs_period_us": 100_000,
        "cpu.cfs_quota_us": 150_000,
    }
    with control_group(limits) as folders:
        enter = "".join(f"echo $$ > {folder}/cgroup.procs && " for folder in folders)
        found = profile_in(enter)
    assert found.memory.total_bytes == 1500 * MIB
    assert found.memory.limited_by == "container"
    assert found.memory.available_bytes
    assert found.memory.available_bytes <= 1500 * MIB
    assert (found.cpu.quota, found.cpu.num_threads) == (1.5, 1)
