"""The engine's devices, and bytes moved on one: the processor is one, wherever this runs."""

from __future__ import annotations

import pytest

from hearth.engine.llama.devices import Device, Workbench, devices
from hearth.errors import EngineError
from hearth.measure.gpu.timings import MIB, REPEATS, time_device

pytestmark = pytest.mark.tiny


@pytest.fixture
def processor() -> Device:
    return next(device for device in devices() if device.kind == "cpu")


def test_the_processor_is_a_device(processor: Device) -> None:
    assert processor.name
    assert processor.description
    assert 0 < processor.free_bytes <= processor.total_bytes
    assert not processor.is_gpu


def test_blocks_are_moved_and_timed(processor: Device) -> None:
    times = time_device(processor, most_bytes=2 * MIB)
    assert times.why_not is None
    assert times.size_bytes == 2 * MIB
    for each in (times.to_device_s, times.to_host_s, times.copy_s):
        assert len(each) == REPEATS
        assert min(each) > 0


def test_more_memory_than_there_is_can_be_told(processor: Device) -> None:
    with pytest.raises(EngineError, match="bytes of memory"):
        Workbench(processor, 2**60)


def test_a_device_without_memory_says_so() -> None:
    full = Device(
        index=0, name="CUDA0", description="RTX", kind="gpu", free_bytes=0, total_bytes=2**34
    )
    assert "too little memory" in (time_device(full).why_not or "")
