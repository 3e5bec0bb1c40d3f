"""From a machine profile to the devices of the roofline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.machine.describe import describe_machine
from hearth.machine.profile import (
    BandwidthAt,
    GpuPart,
    KernelSpeed,
    MachineProfile,
    Measured,
    MemoryPart,
    StoragePart,
)
from hearth.plan.arithmetic import Range
from hearth.plan.computers import computer_of
from hearth.plan.devices import efficiencies
from hearth.plan.kernels import with_kernels
from support.made_up import made_up_device, made_up_shape


def measured(low: float, value: float, high: float, unit: str = "B/s") -> Measured:
    return Measured(
        value=value,
        low=low,
        high=high,
        unit=unit,
        how="measured",
        source="a test",  # type: ignore[arg-type]
    )


def profile(**parts: object) -> MachineProfile:
    empty = MachineProfile(name="made up", date="2026-11-22", fingerprint="0")
    return replace(empty, **parts)  # type: ignore[arg-type]


def test_what_is_promised_bounds_and_what_is_measured_estimates() -> None:
    found = computer_of(
        profile(
            memory=MemoryPart(
                total_bytes=10**10,
                theoretical_bandwidth=Measured.looked_up(90e9, "B/s", "two channels"),
                bandwidth_by_threads=(
                    BandwidthAt(
                        num_threads=2, size_bytes=2**30, bandwidth=measured(70e9, 72e9, 75e9)
                    ),
                ),
            ),
            storage=(StoragePart(cold_read=measured(1e9, 2e9, 3e9)),),
        )
    )
    (device,) = found.devices
    share = efficiencies()["cpu_measured"]
    assert device.bandwidth == 90e9
    assert device.read == share.read.times(72e9)
    assert device.flops is None
    assert found.disk == Range(low=1e9, likely=2e9, high=3e9)
    assert found.memory_bytes == 10**10


def test_gpus_come_first_with_their_link() -> None:
    found = computer_of(describe_machine("2 x RTX 3090 + 64 GB DDR4-3200 x2 + PCIe 4.0 x8"))
    assert [device.kind for device in found.devices] == ["gpu", "gpu", "cpu"]
    assert found.link == pytest.approx(15.75e9, rel=0.01)
    assert found.memory_bytes == (24 + 24 + 64) * 2**30


def test_a_chip_with_one_memory_is_one_device() -> None:
    found = computer_of(describe_machine("Apple M2 Ultra"))
    assert [device.name for device in found.devices] == ["Apple M2 Ultra"]


def test_a_gpu_without_figures_is_left_out() -> None:
    assert computer_of(profile(gpus=(GpuPart(name="odd"),))).devices == ()


def test_kernels_replace_guesses_for_the_types_of_a_model() -> None:
    kernels = [
        kernel("Q4_K", 1, bandwidth=measured(40e9, 45e9, 50e9)),
        kernel("Q6_K", 1, bandwidth=measured(20e9, 30e9, 40e9)),
        kernel("Q4_K", 64, flops=measured(1e12, 2e12, 3e12, "FLOP/s")),
        kernel("Q4_K", 8, flops=measured(1e9, 1e9, 1e9, "FLOP/s")),
    ]
    device = with_kernels(made_up_device(), kernels, {"Q4_K": 3e9, "Q6_K": 1e9})
    assert device.read.likely == pytest.approx(4e9 / (3e9 / 45e9 + 1e9 / 30e9))
    assert device.compute == Range(low=1e12, likely=2e12, high=3e12)
    assert device.bandwidth == made_up_device().bandwidth


def test_kernels_of_other_types_say_nothing() -> None:
    kernels = [kernel("Q4_K", 1, bandwidth=measured(40e9, 45e9, 50e9))]
    assert with_kernels(made_up_device(), kernels, {"F16": 3e9, "Q4_K": 1e9}) == made_up_device()
    other = [replace(kernels[0], device="a GPU")]
    assert with_kernels(made_up_device(), other, {"Q4_K": 1e9}) == made_up_device()


def test_a_profile_with_kernels_is_taken_for_a_model() -> None:
    machine = replace(
        describe_machine("DDR5-5600 x2"),
        kernels=(kernel("F16", 1, bandwidth=measured(60e9, 61e9, 62e9)),),
    )
    (device,) = computer_of(machine, made_up_shape()).devices
    assert device.read == Range(low=60e9, likely=61e9, high=62e9)


def kernel(weight_type: str, batch_size: int, **figures: Measured) -> KernelSpeed:
    return KernelSpeed(weight_type=weight_type, batch_size=batch_size, device="cpu", **figures)  # type: ignore[arg-type]
