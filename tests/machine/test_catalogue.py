"""The catalogue of memory, GPUs and links: every row with a source, nothing impossible."""

from __future__ import annotations

import pytest

from hearth.errors import NotFound
from hearth.machine.catalogue import (
    GpuRow,
    find_gpu,
    find_link,
    find_memory,
    gpus,
    links,
    memory_kinds,
)
from hearth.machine.catalogue.tables import (
    BadCatalogue,
    read_gpus,
    read_links,
    read_memory_kinds,
)

GPU = {
    "name": '"One"',
    "kind": '"cuda"',
    "memory_gb": "8",
    "bandwidth_gb_s": "448",
    "source": '"https://example.org/one"',
}


def gpu_text(**changed: str) -> str:
    return "[[gpu]]\n" + "\n".join(f"{name} = {value}" for name, value in (GPU | changed).items())


@pytest.mark.parametrize("gpu", gpus(), ids=lambda gpu: gpu.name)
def test_a_gpu_is_possible(gpu: GpuRow) -> None:
    assert 1 <= gpu.memory_gb <= 1024
    assert 50 <= gpu.bandwidth_gb_s <= 10_000
    assert gpu.fp16_tflops is None or 10 <= gpu.fp16_tflops <= 3000
    # No memory is read whole more than 200 times a second, or less than twice.
    assert 2 < gpu.bandwidth_gb_s / gpu.memory_gb < 200 or gpu.shares_memory
    assert find_gpu(gpu.name) is gpu
    assert all(find_gpu(name) is gpu for name in gpu.also)


def test_there_are_enough_of_each() -> None:
    assert len(gpus()) >= 40
    assert {gpu.kind for gpu in gpus()} == {"cuda", "rocm", "oneapi", "metal"}
    assert {link.group for link in links()} == {"storage", "network", "interconnect"}
    assert {"DDR3", "DDR4", "DDR5", "LPDDR5X", "HBM3"} <= {row.kind for row in memory_kinds()}


@pytest.mark.parametrize("name", ["4090", "RTX", "RTX 40", "RTX 4090 Laptop GPU", "M3 Max", ""])
def test_parts_of_names_are_not_found(name: str) -> None:
    assert find_gpu(name) is None


@pytest.mark.parametrize("name", ["rtx4090", "NVIDIA GeForce RTX 4090", "GEFORCE RTX-4090"])
def test_case_and_blanks_do_not_count(name: str) -> None:
    gpu = find_gpu(name)
    assert gpu is not None
    assert gpu.name == "NVIDIA GeForce RTX 4090"


@pytest.mark.parametrize(
    ("name", "lanes", "gb_s"),
    [
        ("PCIe 1.0", 1, 0.25),
        ("PCIe 3.0", 16, 15.754),
        ("PCIe 4.0", 16, 31.508),
        ("PCIe 5.0", 16, 63.015),
        ("SATA SSD", 1, 0.6),
        ("USB 3.0", 1, 0.5),
        ("2.5GbE", 1, 0.3125),
        ("25GbE", 1, 3.125),
        ("NVLink 4", 1, 450),
    ],
)
def test_links_after_their_coding(name: str, lanes: int, gb_s: float) -> None:
    link = find_link(name)
    assert link is not None
    assert link.bandwidth(lanes).value == pytest.approx(gb_s * 1e9, rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "rate", "bits", "gb_s"),
    [("DDR3", 1600, 64, 12.8), ("DDR4", 3200, 64, 25.6), ("HBM3", 6400, 1024, 819.2)],
)
def test_memory_by_the_standard(kind: str, rate: int, bits: int, gb_s: float) -> None:
    row = find_memory(kind.lower())
    assert row.bandwidth(rate, bits).value == pytest.approx(gb_s * 1e9)


def test_an_unknown_kind_of_memory() -> None:
    with pytest.raises(NotFound, match="DDR6"):
        find_memory("DDR6")


@pytest.mark.parametrize(
    "text",
    [
        gpu_text(source='"https://"'),
        gpu_text(source='"http://example.org"'),
        gpu_text(kind='"voodoo"'),
        gpu_text(memory_gb="0"),
        gpu_text(bandwidth_gb_s="-1"),
        gpu_text(colour='"green"'),
        gpu_text(bus_bits="256", gbit_per_pin="18"),
        gpu_text() + "\n" + gpu_text(),
        gpu_text() + "\n" + gpu_text(name='"Two"', also='["one"]'),
        "[[chip]]\nname = 1",
        '[[gpu]]\nname = "One"',
    ],
)
def test_a_wrong_row_is_an_error(text: str) -> None:
    with pytest.raises(BadCatalogue):
        read_gpus(text)


def test_a_right_row_is_none() -> None:
    (gpu,) = read_gpus(gpu_text(bus_bits="256", gbit_per_pin="14", also='["1"]'))
    assert gpu.also == ("1",)


def test_wrong_links_and_memory_are_errors() -> None:
    link = '[[link]]\nname = "L"\ngroup = "network"\nmbit_s = 1\nsource = "https://example.org"\n'
    assert read_links(link)
    for wrong in ("coding = [3, 2]", "per_lanes = true"):
        with pytest.raises(BadCatalogue):
            read_links(link + wrong)
    with pytest.raises(BadCatalogue):
        read_links(link.replace("network", "astral"))
    memory = (
        '[[memory]]\nkind = "M"\nchannel_bits = 64\nmin_mt_s = 2\nmax_mt_s = 1\n'
        'standard = "S"\nsource = "https://example.org"\n'
    )
    with pytest.raises(BadCatalogue):
        read_memory_kinds(memory)
