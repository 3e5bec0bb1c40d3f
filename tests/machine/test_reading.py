"""What the system tells: board, caches, disks, interfaces and GPUs, from folders made for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.machine.profile import Cache
from hearth.machine.read.disk import read_disk
from hearth.machine.read.gpus import read_gpus
from hearth.machine.read.interfaces import read_interfaces
from hearth.machine.read.nvidia import ask_driver, parse_answer
from hearth.machine.read.pci import read_disk_links, read_link
from hearth.machine.read.processor import read_caches, whole_cores_first
from hearth.machine.read.system import read_system
from hearth.machine.read.vulkan import parse_summary
from hearth.machine.storage import read_storage
from support.machines import LINK_AT_REST, pci_gpu, write

MIB = 2**20
GIB = 2**30
SMI = (
    "NVIDIA GeForce RTX 4090, 00000000:01:00.0, 580.65, 24564, 23012, 450.00, 1, 4, 16, 16\n"
    "NVIDIA H200, 00000000:C1:00.0, 580.65, 143771, [N/A], [Not Supported], [N/A], 5, 16, 16\n"
    "something else entirely\n"
)


def test_a_board_and_what_it_runs(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
            "sys/class/dmi/id/board_vendor": "ASUSTeK\n",
            "sys/class/dmi/id/board_name": "PRIME X670\n",
            "sys/class/dmi/id/bios_version": "1234\n",
            "proc/cpuinfo": "flags : fpu avx2\n",
        },
    )
    system = read_system(tmp_path)
    assert system.name == "Debian GNU/Linux 13 (trixie)"
    assert system.board == "ASUSTeK PRIME X670"
    assert system.firmware == "1234"
    assert (system.virtual, system.container) == (None, None)
    assert system.missing == {}


def test_a_virtual_machine_and_a_container(tmp_path: Path) -> None:
    write(tmp_path, {"proc/cpuinfo": "flags : fpu hypervisor\n", ".dockerenv": ""})
    system = read_system(tmp_path)
    assert (system.virtual, system.container) == ("yes", "Docker")
    assert "no tables of the firmware" in system.missing["board"]
    write(tmp_path, {"sys/class/dmi/id/sys_vendor": "QEMU", "run/.containerenv": ""})
    assert read_system(tmp_path).virtual == "QEMU"
    assert read_system(tmp_path).missing == {"board": "the firmware does not name it"}


def cache(cpu: int, index: int, level: int, kind: str, size: str, shared: str) -> dict[str, str]:
    folder = f"sys/devices/system/cpu/cpu{cpu}/cache/index{index}"
    told = {"level": str(level), "type": kind, "size": size, "shared_cpu_list": shared}
    return {f"{folder}/{name}": f"{text}\n" for name, text in told.items()}


def test_caches_that_are_shared_count_once(tmp_path: Path) -> None:
    for cpu in range(4):
        pair = f"{cpu // 2 * 2}-{cpu // 2 * 2 + 1}"
        write(tmp_path, cache(cpu, 0, 1, "Data", "48K", pair))
        write(tmp_path, cache(cpu, 1, 1, "Instruction", "32K", pair))
        write(tmp_path, cache(cpu, 2, 2, "Unified", "2M", pair))
        write(tmp_path, cache(cpu, 3, 3, "Unified", "odd", "0-3"))
    assert read_caches([0, 1, 2, 3], tmp_path) == (
        Cache(level=1, kind="data", size_bytes=48 * 1024, num_instances=2),
        Cache(level=1, kind="instruction", size_bytes=32 * 1024, num_instances=2),
        Cache(level=2, kind="unified", size_bytes=2 * MIB, num_instances=2),
    )
    assert read_caches([0], tmp_path)[0].num_instances == 1
    assert read_caches([9], tmp_path) == ()


def test_whole_cores_come_before_their_second_threads(tmp_path: Path) -> None:
    for cpu, siblings in enumerate(["0,4", "1,5", "2-3", "2-3", "0,4", "1,5"]):
        folder = f"sys/devices/system/cpu/cpu{cpu}/topology"
        write(tmp_path, {f"{folder}/thread_siblings_list": siblings})
    assert whole_cores_first(frozenset(range(6)), tmp_path) == (0, 1, 2, 3, 4, 5)
    assert whole_cores_first(frozenset({0, 3, 2, 4}), tmp_path) == (0, 2, 3, 4)
    assert whole_cores_first(frozenset({4, 5}), tmp_path) == (4, 5)
    assert whole_cores_first(frozenset({1, 0}), tmp_path / "nothing") == (0, 1)


def test_the_disk_of_a_folder(tmp_path: Path) -> None:
    disk = read_disk(read_storage(tmp_path))
    assert disk.total_bytes
    assert disk.path == str(tmp_path)
    assert "not measured yet" in disk.missing["cold_read"]
    assert disk.kind or disk.missing["kind"]


def test_interfaces_of_this_machine() -> None:
    found = read_interfaces()
    assert [part for part in found if part.kind == "loopback"]
    for part in found:
        assert part.link or part.missing["link"]


def test_a_link_at_rest_and_at_its_best(tmp_path: Path) -> None:
    write(tmp_path, {f"device/{name}": text for name, text in LINK_AT_REST.items()})
    link = read_link(tmp_path / "device", "CPU and GPU")
    assert link is not None
    assert link.kind == "PCIe 1.0 x16"
    assert link.bandwidth is not None
    assert link.bandwidth.value == 4e9
    assert link.max_bandwidth is not None
    assert link.max_bandwidth.value == pytest.approx(31.508e9, rel=1e-4)


@pytest.mark.parametrize(
    "changed",
    [{"current_link_speed": "Unknown"}, {"current_link_width": "0"}, {"current_link_width": "?"}],
)
def test_half_of_a_link(tmp_path: Path, changed: dict[str, str]) -> None:
    write(tmp_path, LINK_AT_REST | changed)
    link = read_link(tmp_path, "CPU and GPU")
    assert link is not None
    assert link.kind == "PCIe 4.0 x16"
    assert link.bandwidth is None
    assert read_link(tmp_path / "nothing", "CPU and GPU") is None


def test_nvme_disks_and_their_links(tmp_path: Path) -> None:
    files = {f"sys/class/nvme/nvme0/device/{name}": text for name, text in LINK_AT_REST.items()}
    write(tmp_path, files | {"sys/class/nvme/nvme0/model": "Fast 2000  "})
    (link,) = read_disk_links(tmp_path)
    assert link.between == "CPU and Fast 2000"


def test_gpus_on_the_bus(tmp_path: Path) -> None:
    nvidia = pci_gpu("0000:01:00.0", "10de", "2684", **LINK_AT_REST)
    amd = pci_gpu(
        "0000:03:00.0",
        "1002",
        "744c",
        mem_info_vram_total=str(24 * GIB),
        mem_info_vram_used=str(GIB),
        product_name="AMD Radeon RX 7900 XTX",
    )
    intel = pci_gpu("0000:00:02.0", "8086", "a780")
    others = pci_gpu("0000:05:00.0", "1af4", "1050") | pci_gpu("0000:06:00.0", "10de", "22ba")
    others["sys/bus/pci/devices/0000:06:00.0/class"] = "0x040300"  # its sound
    write(tmp_path, nvidia | amd | intel | others)
    model = "Model: \t\t NVIDIA GeForce RTX 4090\nIRQ: 1\n"
    write(tmp_path, {"proc/driver/nvidia/gpus/0000:01:00.0/information": model})
    names = "8086  Intel Corporation\n\ta780  Raptor Lake-S GT1\n\t\t1234 5678  Sub\n1002  AMD\n"
    write(tmp_path, {"usr/share/misc/pci.ids": names})
    found = {gpu.address: gpu for gpu in read_gpus("A processor", 64 * GIB, tmp_path)}
    assert list(found) == ["0000:00:02.0", "0000:01:00.0", "0000:03:00.0"]

    own = found["0000:00:02.0"]
    assert own.name == "Intel Corporation Raptor Lake-S GT1"
    assert (own.shares_memory, own.memory_bytes, own.link) == (True, 64 * GIB, None)
    assert "whole name" in own.missing["memory_bandwidth"]

    first = found["0000:01:00.0"]
    assert first.memory_bandwidth is not None
    assert first.memory_bandwidth.value == 1008e9
    assert first.memory_bytes is None
    assert first.missing["memory_bytes"] == "the driver does not tell"
    assert first.link is not None

    second = found["0000:03:00.0"]
    assert (second.kind, second.memory_bytes, second.available_bytes) == (
        "rocm",
        24 * GIB,
        23 * GIB,
    )
    assert second.flops_f16 is not None


def test_a_gpu_without_a_name(tmp_path: Path) -> None:
    write(tmp_path, pci_gpu("0000:01:00.0", "10de", "ffff"))
    (gpu,) = read_gpus("A processor", GIB, tmp_path)
    assert gpu.name == "NVIDIA GPU 10de:ffff"


def test_a_chip_that_the_catalogue_knows(tmp_path: Path) -> None:
    (gpu,) = read_gpus("Apple M2 Max", 64 * GIB, tmp_path)
    assert (gpu.shares_memory, gpu.memory_bytes) == (True, 64 * GIB)
    assert gpu.memory_bandwidth is not None
    assert gpu.memory_bandwidth.value == 400e9
    assert read_gpus("Intel(R) Xeon(R) Processor", GIB, tmp_path) == ()


def test_what_nvidias_driver_answers() -> None:
    first, second = parse_answer(SMI)
    assert first.name == "NVIDIA GeForce RTX 4090"
    assert first.address == "0000:01:00.0"
    assert first.memory_bytes == 24564 * MIB
    assert first.power_limit_w == 450
    assert (first.link_now, first.link_max) == ("1.0 x16", "4.0 x16")
    assert second.available_bytes is None
    assert second.power_limit_w is None
    assert (second.link_now, second.link_max) == (None, "5.0 x16")
    assert parse_answer("") == ()


def program(tmp_path: Path, text: str) -> str:
    path = tmp_path / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_asking_nvidias_driver(tmp_path: Path) -> None:
    answer = ask_driver(program(tmp_path, f"cat <<'END'\n{SMI}END"))
    assert len(answer) == 2
    failed = ask_driver(program(tmp_path, "echo no driver; exit 9"))
    assert isinstance(failed, str)
    assert failed.endswith("failed: no driver")
    silent = ask_driver(program(tmp_path, "exit 3"))
    assert isinstance(silent, str)
    assert silent.endswith("exit status 3")
    assert ask_driver(program(tmp_path, "true")) == ()
    missing = ask_driver(str(tmp_path / "none"))
    assert isinstance(missing, str)
    assert "is not there" in missing


def test_gpus_that_vulkan_sees() -> None:
    text = """
    Devices:
    GPU0:
        apiVersion         = 1.3.277
        deviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
        deviceName         = AMD Radeon RX 7900 XTX
    GPU1:
        deviceType = PHYSICAL_DEVICE_TYPE_CPU
        deviceName = llvmpipe (LLVM 15.0.7, 256 bits)
    GPU2:
        deviceType = PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU
        deviceName = Intel(R) UHD Graphics 770
    """
    assert [(gpu.name, gpu.shares_memory) for gpu in parse_summary(text)] == [
        ("AMD Radeon RX 7900 XTX", False),
        ("Intel(R) UHD Graphics 770", True),
    ]
    assert parse_summary("") == ()
