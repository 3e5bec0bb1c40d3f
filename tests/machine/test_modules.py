"""Memory modules from firmware tables and from udev's database, and the channels they are on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hearth.machine.profile import MemoryModule
from hearth.machine.read.channels import channel_of, count_channels, theoretical_bandwidth
from hearth.machine.read.modules import read_modules
from hearth.machine.read.smbios import parse_modules
from support.machines import memory_device, structure, write

GIB = 2**30
TABLE = (
    structure(0, bytes(20), "A maker", "1.0")
    + memory_device(slot="DIMM_A2")
    + memory_device(size=0, slot="DIMM_A1")
    + memory_device(slot="DIMM_B2", rate=4800)
    + structure(127, b"")
)


def test_modules_of_a_table() -> None:
    first, second = parse_modules(TABLE)
    assert first == MemoryModule(
        kind="DDR5",
        size_bytes=16 * GIB,
        transfers_per_s=5.6e9,
        width_bits=64,
        slot="DIMM_A2",
        channel="dimm_a",
    )
    assert second.channel == "dimm_b"


def test_large_small_and_unknown_sizes() -> None:
    table = memory_device(size=0x7FFF, extended_mib=131072) + memory_device(size=0x8000 | 512)
    assert [module.size_bytes for module in parse_modules(table)] == [128 * GIB, 512 * 1024]
    assert parse_modules(memory_device(size=0xFFFF)) == ()


def test_an_unknown_kind_rate_and_width_are_left_out() -> None:
    (module,) = parse_modules(memory_device(kind=2, rate=0, width=0xFFFF - 8))
    assert module.kind is None
    assert module.transfers_per_s is None


def test_a_damaged_table_gives_what_is_whole() -> None:
    for end in range(len(TABLE)):
        assert len(parse_modules(TABLE[:end])) <= 2
    noise = random.Random(0)
    for _ in range(2000):
        damaged = bytearray(TABLE)
        for _ in range(4):
            damaged[noise.randrange(len(damaged))] = noise.randrange(256)
        for module in parse_modules(bytes(damaged)):
            assert module.size_bytes


@pytest.mark.parametrize(
    ("bank", "slot", "channel"),
    [
        ("P0 CHANNEL A", "DIMM 0", "p0 channel a"),
        ("BANK 0", "Controller0-ChannelA-DIMM0", "controller0-channela"),
        ("BANK 2", "Controller1-ChannelA-DIMM0", "controller1-channela"),
        ("BANK 1", "ChannelB-DIMM1", "channelb"),
        ("BANK 1", "DIMM_B2", "dimm_b"),
        (None, "DIMM A1", "dimm a"),
        ("P0_Node0_Channel2_Dimm0", "CPU0_DIMM_C1", "p0_node0_channel2"),
        ("Bank 0", "DIMM 1", None),
        (None, None, None),
        ("", "", None),
    ],
)
def test_channels_by_the_names_of_slots(
    bank: str | None, slot: str | None, channel: str | None
) -> None:
    assert channel_of(bank, slot) == channel


def module(channel: str | None, rate: float | None = 5.6e9, width: int | None = 64) -> MemoryModule:
    return MemoryModule(
        size_bytes=GIB, transfers_per_s=rate, width_bits=width, channel=channel, kind="DDR5"
    )


def test_two_modules_on_one_channel_take_turns() -> None:
    four = [module("a"), module("a"), module("b"), module("b", rate=4.8e9)]
    assert count_channels(four) == 2
    found = theoretical_bandwidth(four)
    assert not isinstance(found, str)
    assert found.value == 2 * 8 * 4.8e9


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        ([module(None), module(None)], "which of them share a channel"),
        ([module("a", rate=None)], "rate and width"),
        ([module("a", width=None)], "rate and width"),
        ([], "0 modules"),
    ],
)
def test_bandwidth_that_cannot_be_computed(modules: list[MemoryModule], reason: str) -> None:
    found = theoretical_bandwidth(modules)
    assert isinstance(found, str)
    assert reason in found


def test_one_module_is_one_channel() -> None:
    assert count_channels([module(None)]) == 1


def test_the_table_of_linux(tmp_path: Path) -> None:
    path = tmp_path / "sys/firmware/dmi/tables/DMI"
    assert "no tables of the firmware" in read_modules(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(TABLE)
    assert len(read_modules(tmp_path)) == 2
    path.write_bytes(b"")
    assert read_modules(tmp_path) == "the firmware names no memory modules"


def test_udev_tells_where_only_root_may_read(tmp_path: Path) -> None:
    # A folder in the table's place cannot be read by root either, who runs some of these tests.
    (tmp_path / "sys/firmware/dmi/tables/DMI").mkdir(parents=True)
    assert "only root may read" in read_modules(tmp_path)
    lines = [
        "I:123",
        "E:MEMORY_ARRAY_NUM_DEVICES=2",
        "E:MEMORY_DEVICE_0_PRESENT=0",
        "E:MEMORY_DEVICE_1_SIZE=17179869184",
        "E:MEMORY_DEVICE_1_TYPE=DDR4",
        "E:MEMORY_DEVICE_1_SPEED_MTS=3200",
        "E:MEMORY_DEVICE_1_CONFIGURED_SPEED_MTS=2933",
        "E:MEMORY_DEVICE_1_DATA_WIDTH=64",
        "E:MEMORY_DEVICE_1_LOCATOR=DIMM 0",
        "E:MEMORY_DEVICE_1_BANK_LOCATOR=P0 CHANNEL B",
    ]
    write(tmp_path, {"run/udev/data/+dmi:id": "\n".join(lines)})
    (found,) = read_modules(tmp_path)
    assert found == MemoryModule(
        kind="DDR4",
        size_bytes=16 * GIB,
        transfers_per_s=2.933e9,
        width_bits=64,
        slot="DIMM 0",
        channel="p0 channel b",
    )
