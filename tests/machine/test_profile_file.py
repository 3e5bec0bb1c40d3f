"""Profiles as JSON: what is written comes back equal, and nothing else comes in."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hearth.errors import InvalidRequest, NotFound
from hearth.machine.describe import describe_machine
from hearth.machine.profile import (
    BandwidthAt,
    KernelSpeed,
    LatencyAt,
    MachineProfile,
    Measured,
    MemoryPart,
)
from hearth.machine.profile_file import (
    MAX_FILE_BYTES,
    parse_profile,
    profile_text,
    read_profile,
)

DESCRIBED = describe_machine("RTX 4090 + 64 GB DDR5-6000 x2 + NVMe 4.0")


def measured(value: float) -> Measured:
    return Measured(
        value=value, low=value / 2, high=value * 2, unit="B/s", how="measured", source="here"
    )


def everything() -> MachineProfile:
    memory = MemoryPart(
        kind="DDR5",
        total_bytes=2**36,
        theoretical_bandwidth=measured(96e9),
        bandwidth_by_threads=(
            BandwidthAt(num_threads=1, size_bytes=2**29, bandwidth=measured(12e9)),
            BandwidthAt(num_threads=8, size_bytes=2**29, bandwidth=measured(70e9)),
        ),
        latency_by_size=(LatencyAt(size_bytes=2**29, latency=measured(1e-7)),),
        missing={"modules": "only root may read them"},
    )
    kernel = KernelSpeed(weight_type="Q4_K", batch_size=1, device="cpu", bandwidth=measured(45e9))
    return replace(DESCRIBED, memory=memory, kernels=(kernel,), seconds=12.5, load=0.3)


@pytest.mark.parametrize("profile", [DESCRIBED, everything()], ids=["described", "measured"])
def test_what_is_written_comes_back_equal(profile: MachineProfile, tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(profile_text(profile), "utf-8")
    assert read_profile(path) == profile


def test_the_best_measured_bandwidth_counts_before_the_theoretical_one() -> None:
    memory = everything().memory
    assert memory.bandwidth == measured(70e9)
    assert memory.latency == measured(1e-7)
    assert replace(memory, bandwidth_by_threads=()).bandwidth == measured(96e9)
    assert MemoryPart().bandwidth is None
    assert MemoryPart().latency is None


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [(2, 3, 4), (5, 3, 4), (3, 0, 4), (-1, -2, 0), (math.nan, 1, 2), (1, 1, math.inf)],
)
def test_a_figure_lies_in_its_range(value: float, low: float, high: float) -> None:
    with pytest.raises(ValueError, match="not 0 <"):
        Measured(value=value, low=low, high=high, unit="s", how="measured", source="here")


def changed(change: Callable[[Any], None]) -> bytes:
    data = json.loads(profile_text(everything()))
    change(data)
    return json.dumps(data).encode()


def put(place: str, value: Any) -> Callable[[Any], None]:
    *way, last = place.split(".")

    def change(data: Any) -> None:
        for name in way:
            data = data[int(name) if name.isdigit() else name]
        data[last] = value

    return change


FIGURE = "memory.theoretical_bandwidth"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (put("extra", 1), "extra"),
        (put("memory.extra", 1), "memory.extra"),
        (put("format", 2), "format is 2"),
        (put("format", True), "format is True"),
        (put("name", None), "name"),
        (put("name", "a\x1b[2J"), "control characters"),
        (put("name", "a" * 501), "too long"),
        (put("date", "yesterday"), "yesterday"),
        (put("gpus", {}), "gpus"),
        (put("gpus", [{}] * 1025), "1025 entries"),
        (put("gpus.0.name", 4090), "gpus.0.name"),
        (put("gpus.0.shares_memory", 0), "gpus.0.shares_memory"),
        (put("memory.total_bytes", -1), "number -1"),
        (put("memory.total_bytes", 1.5), "memory.total_bytes"),
        (put("memory.total_bytes", True), "memory.total_bytes"),
        (put("memory.total_bytes", 10**19), "number 1e+19"),
        (put(f"{FIGURE}.value", 1.0), FIGURE),
        (put(f"{FIGURE}.value", "96e9"), f"{FIGURE}.value"),
        (put(f"{FIGURE}.value", math.nan), "NaN"),
        (put(f"{FIGURE}.high", math.inf), "Infinity"),
        (put(f"{FIGURE}.unit", "GB/s"), f"{FIGURE}.unit"),
        (put(f"{FIGURE}.how", "guessed"), f"{FIGURE}.how"),
        (put("memory.missing", {"modules": None}), "memory.missing"),
    ],
)
def test_any_other_shape_is_refused(change: Callable[[Any], None], where: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_profile(changed(change), "profile.json")
    assert where in caught.value.message
    assert "hearth machine export" in str(caught.value.hint)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"{" * 100_000,
        b'{"format": 1, "a": ' + b"[" * 100_000,
        b'{"format": 1, "name": ' + b"9" * 5000 + b"}",
        b'{"format": 1, "name": 1e999}',
        b" " * (MAX_FILE_BYTES + 1),
    ],
    ids=["nothing", "null", "list", "bytes", "deep", "deeper", "digits", "huge", "large"],
)
def test_hostile_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse_profile(data, "profile.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read"):
        read_profile(tmp_path / "none.json")
    with pytest.raises(NotFound, match="cannot be read"):
        read_profile(tmp_path)
