"""What a child measured comes into the profile of the right GPU, or the reason does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.machine.describe import describe_machine
from hearth.machine.hierarchy import hierarchy
from hearth.machine.profile import GpuPart, MachineProfile
from hearth.machine.profile_file import parse_profile, profile_text
from hearth.measure.gpu.measuring import ask_child, measure_gpus, with_times
from hearth.measure.gpu.timings import DeviceTimes

TIMES = DeviceTimes(
    name="CUDA0",
    description="NVIDIA GeForce RTX 4090",
    size_bytes=10**9,
    is_pinned=True,
    to_device_s=(0.05, 0.04, 0.05),
    to_host_s=(0.1, 0.1, 0.1),
    copy_s=(0.002, 0.002, 0.0025),
)


@pytest.fixture
def profile() -> MachineProfile:
    return describe_machine("RTX 4090 + 64 GB DDR5-6000 x2")


def test_measured_figures_stand_beside_those_of_the_maker(profile: MachineProfile) -> None:
    found = with_times(profile, (TIMES,))
    (gpu,) = found.gpus
    assert gpu.memory_bandwidth is not None
    assert gpu.memory_bandwidth.value == pytest.approx(1e12)  # read and written
    assert gpu.memory_bandwidth.how == "measured"
    assert gpu.theoretical_bandwidth == profile.gpus[0].memory_bandwidth
    assert gpu.host_to_device is not None
    assert gpu.host_to_device.value == pytest.approx(2e10)
    assert "pinned" in gpu.host_to_device.source
    assert gpu.device_to_host is not None
    assert gpu.device_to_host.value == pytest.approx(1e10)
    names = [level.name for level in hierarchy(found)]
    for part in ("by its figures", f"to {gpu.name}'s memory", f"from {gpu.name}'s memory"):
        assert any(part in name for name in names)
    assert parse_profile(profile_text(found).encode(), "written") == found


def test_measuring_again_keeps_the_makers_figure(profile: MachineProfile) -> None:
    twice = with_times(with_times(profile, (TIMES,)), (TIMES,))
    assert twice.gpus[0].theoretical_bandwidth == profile.gpus[0].memory_bandwidth


def test_several_gpus_are_told_apart_by_their_whole_names(profile: MachineProfile) -> None:
    first = replace(profile.gpus[0], name=TIMES.description, memory_bandwidth=None)
    other = GpuPart(name="Radeon", kind="rocm")
    found = with_times(replace(profile, gpus=(other, first, first)), (TIMES, TIMES))
    assert [gpu.host_to_device is not None for gpu in found.gpus] == [False, True, True]
    assert "hearth engine build --rocm" in found.gpus[0].missing["host_to_device"]


def test_an_engine_that_uses_no_gpu_names_the_command(profile: MachineProfile) -> None:
    intel = replace(profile, gpus=(GpuPart(name="Arc", kind="oneapi"),))
    (gpu,) = with_times(intel, ()).gpus
    assert "hearth engine build --sycl" in gpu.missing["memory_bandwidth"]
    (gpu,) = with_times(profile, "the engine ended").gpus
    assert gpu.missing["host_to_device"] == "the engine ended"
    assert "memory_bandwidth" not in gpu.missing  # the maker's stands


def test_a_device_that_cannot_be_used_says_why(profile: MachineProfile) -> None:
    failed = DeviceTimes(name="CUDA0", description="RTX 4090", why_not="no memory is free on it")
    (gpu,) = with_times(profile, (failed,)).gpus
    assert gpu.missing["device_to_host"] == "no memory is free on it"


def test_a_machine_without_a_gpu_is_not_asked() -> None:
    profile = describe_machine("DDR5-6000 x2")
    assert measure_gpus(profile, pytest.fail) is profile


@pytest.mark.tiny
def test_the_child_answers() -> None:
    found = ask_child()
    assert isinstance(found, tuple), found
    assert all(times.why_not or times.copy_s for times in found)
