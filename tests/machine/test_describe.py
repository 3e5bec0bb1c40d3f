"""Machines from descriptions: what is computed from them, and what is refused."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.machine.describe import describe_machine

GB = 1e9
GIB = 2**30


@pytest.mark.parametrize(
    ("text", "gb_s", "channels"),
    [
        ("DDR5-6000 x2", 96.0, 2),
        ("ddr5 5600 dual-channel", 89.6, 2),
        ("DDR4-3200 ×2", 51.2, 2),  # noqa: RUF001
        ("DDR4-3200 1 channel", 25.6, 1),
        ("DDR5-4800 x12", 460.8, 12),
        ("DDR3-1600 single-channel", 12.8, 1),
        ("LPDDR5X-8533 128-bit", 136.528, 8),
        ("LPDDR5-6400 256 bits", 204.8, 16),
        ("HBM3-6400 x5", 4096.0, 5),
        ("DDR5-8000 x2", 128.0, 2),
        ("Apple M2 Max", 400.0, None),
        ("Ryzen AI Max+ 395", 256.0, None),
    ],
)
def test_bandwidth_is_rate_times_width(text: str, gb_s: float, channels: int | None) -> None:
    memory = describe_machine(text).memory
    assert memory.bandwidth is not None
    assert memory.bandwidth.value == pytest.approx(gb_s * GB)
    assert memory.bandwidth.how == "looked up"
    assert "https://" in memory.bandwidth.source
    assert memory.num_channels == channels


@pytest.mark.parametrize(
    ("text", "gib"),
    [
        ("64 GB DDR5-6000 x2", 64),
        ("DDR5-6000 x2 64GB", 64),
        ("DDR5-4800 x12 + 1.5 TB", None),
        ("DDR5-4800 x12 + 2 TB", 2048),
        ("16 GiB", 16),
        ("M2 Ultra + 64 GB", 64),
        ("M2 Ultra", 192),
    ],
)
def test_amounts_of_memory(text: str, gib: int | None) -> None:
    if gib is None:
        with pytest.raises(InvalidRequest):
            describe_machine(text)
        return
    profile = describe_machine(text)
    assert profile.memory.total_bytes == gib * GIB
    assert [gpu.memory_bytes for gpu in profile.gpus if gpu.shares_memory] in ([], [gib * GIB])


def test_gpus_with_their_links() -> None:
    profile = describe_machine("2x RTX 3090 + DDR4-3200 x2 + PCIe 3.0 x8 + NVMe PCIe 4.0 x4 + 1GbE")
    first, second = profile.gpus
    assert first == second
    assert first.memory_bandwidth is not None
    assert first.memory_bandwidth.value == 936 * GB
    assert first.link is not None
    assert first.link.kind == "PCIe 3.0 x8"
    assert first.link.bandwidth is not None
    assert first.link.bandwidth.value == pytest.approx(8 * 8e9 / 8 * 128 / 130)
    (disk,) = profile.storage
    assert disk.cold_read is not None
    assert disk.cold_read.value == pytest.approx(7.877 * GB, rel=1e-3)
    assert [link.kind for link in profile.links] == ["PCIe 3.0 x8", "Ethernet 1 Gbit/s"]


def test_a_gpu_that_says_no_rate_says_why() -> None:
    (gpu,) = describe_machine("RTX 3060").gpus
    assert gpu.flops_f16 is None
    assert "source" in gpu.missing["flops_f16"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "neither memory nor in the catalogue"),
        ("RTX 4090 +", "neither memory nor in the catalogue"),
        ("4090", "Did you mean RTX 4090"),
        ("RTX 4091", "Did you mean RTX 4090"),
        ("M3 Max", "M3 Max (30-core GPU) or M3 Max (40-core GPU)"),
        ("DDR5-6000", "how many channels"),
        ("DDR5", "rate has to be said"),
        ("LPDDR5X-8533", "LPDDR5X-8533 128-bit"),
        ("DDR5-60000 x2", "3200 to 8800"),
        ("DDR5-600 x2", "3200 to 8800"),
        ("DDR9-6000 x2", "Try DDR3"),
        ("DDR5-6000 x999", "up to 64 channels"),
        ("DDR5-6000 100-bit", "channels of 64 bits"),
        ("DDR5-6000 x0", "how many channels"),
        ("DDR5-6000 x2 + DDR4-3200 x2", "has a main memory already"),
        ("0 GB", "more than nothing"),
        ("17x RTX 4090", "1 to 16 are allowed"),
        ("PCIe 4.0 x3", "1, 2, 4, 8 or 16 lanes"),
        ("64 GB DDR5-6000 x2 and more", "names have to be whole"),
        ("RTX 4090; rm -rf /", "names have to be whole"),
        ("x" * 501, "too long"),
    ],
)
def test_what_is_open_or_unknown_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        describe_machine(text)
    assert told in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.hint
