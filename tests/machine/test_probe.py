"""Memory, storage, accelerators, and the machine as a whole."""

from __future__ import annotations

from pathlib import Path

import psutil

from hearth.config import load_config
from hearth.machine.accelerators import read_accelerators
from hearth.machine.cgroup import CgroupLimits
from hearth.machine.memory import read_memory
from hearth.machine.probe import read_machine
from hearth.machine.storage import read_storage

MIB = 2**20


def touch(path: Path, *, runnable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755 if runnable else 0o644)


def test_memory_of_the_machine() -> None:
    memory = read_memory(CgroupLimits())
    assert memory.limited_by == "machine"
    assert 0 < memory.available_bytes <= memory.total_bytes == psutil.virtual_memory().total


def test_memory_of_a_container() -> None:
    memory = read_memory(CgroupLimits(memory_bytes=64 * MIB, memory_free_bytes=10 * MIB))
    assert (memory.total_bytes, memory.available_bytes) == (64 * MIB, 10 * MIB)
    assert memory.limited_by == "container"


def test_limit_above_the_machine_is_none() -> None:
    memory = read_memory(CgroupLimits(memory_bytes=2**50, memory_free_bytes=2**50))
    assert memory.limited_by == "machine"
    assert memory.total_bytes == psutil.virtual_memory().total


def test_storage_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    storage = read_storage(tmp_path / "not" / "yet")
    assert storage.path == tmp_path
    assert 0 < storage.free_bytes <= storage.total_bytes


def test_no_accelerator(tmp_path: Path) -> None:
    assert read_accelerators(tmp_path) == ()


def test_nvidia_with_driver_and_toolkit(tmp_path: Path) -> None:
    touch(tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0/information")
    touch(tmp_path / "usr/lib/x86_64-linux-gnu/libcuda.so.1")
    touch(tmp_path / "usr/local/cuda-13.0/bin/nvcc", runnable=True)
    (cuda,) = read_accelerators(tmp_path)
    assert cuda.kind == "cuda"
    assert cuda.device == str(tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0")
    assert cuda.runtime == str(tmp_path / "usr/lib/x86_64-linux-gnu/libcuda.so.1")
    assert cuda.toolkit == str(tmp_path / "usr/local/cuda-13.0/bin/nvcc")


def test_toolkit_in_the_path(tmp_path: Path) -> None:
    touch(tmp_path / "usr/bin/nvcc", runnable=True)
    (cuda,) = read_accelerators(tmp_path)
    assert cuda.toolkit == str(tmp_path / "usr/bin/nvcc")
    assert cuda.device is None


def test_vulkan_and_rocm(tmp_path: Path) -> None:
    touch(tmp_path / "usr/lib/libvulkan.so.1")
    touch(tmp_path / "opt/rocm-6.2/bin/hipcc", runnable=True)
    found = {each.kind: each for each in read_accelerators(tmp_path)}
    assert list(found) == ["rocm", "vulkan"]
    assert found["rocm"].toolkit
    assert found["vulkan"].runtime
    assert not found["vulkan"].device


def test_graphics_device_is_no_sign_of_oneapi_by_itself(tmp_path: Path) -> None:
    touch(tmp_path / "dev/dri/renderD128")
    assert [each.kind for each in read_accelerators(tmp_path)] == ["vulkan"]


def test_this_machine(own_home: Path) -> None:
    machine = read_machine(load_config())
    assert machine.system
    assert machine.cpu.num_threads >= 1
    assert machine.memory.available_bytes > 0
    assert str(own_home).startswith(str(machine.storage.path))
