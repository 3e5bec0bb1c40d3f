"""The firmware's table of memory modules (SMBIOS), parsed from its bytes.

Source: DMTF DSP0134, System Management BIOS Reference Specification 3.7, 6.1 (structures) and 7.18
(type 17, memory device). The table is the firmware's own work and often careless: what lies outside
of it or means "unknown" is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from hearth.machine.profile import MemoryModule
from hearth.machine.read.channels import channel_of

MEMORY_DEVICE = 17
END_OF_TABLE = 127
_KINDS = {
    0x13: "DDR2",
    0x18: "DDR3",
    0x1A: "DDR4",
    0x1D: "LPDDR3",
    0x1E: "LPDDR4",
    0x20: "HBM",
    0x21: "HBM2",
    0x22: "DDR5",
    0x23: "LPDDR5",
    0x24: "HBM3",
}
_MIB = 2**20


def parse_modules(table: bytes) -> tuple[MemoryModule, ...]:
    """Return the modules that are plugged in, in the order of the table."""
    found = (
        _module(fields, texts)
        for kind, fields, texts in _structures(table)
        if kind == MEMORY_DEVICE
    )
    return tuple(module for module in found if module.size_bytes)


def _structures(table: bytes) -> Iterator[tuple[int, bytes, list[str]]]:
    """Yield type, formatted bytes and texts of each structure, as far as they are whole."""
    at = 0
    while at + 4 <= len(table):
        kind, length = table[at], table[at + 1]
        end = table.find(b"\0\0", at + length)
        if length < 4 or end < 0 or kind == END_OF_TABLE:
            return
        texts = table[at + length : end].split(b"\0")
        yield kind, table[at : at + length], [text.decode("latin-1").strip() for text in texts]
        at = end + 2


def _module(fields: bytes, texts: list[str]) -> MemoryModule:
    slot = _text(fields, 0x10, texts)
    rate = _long(_word(fields, 0x20), fields, 0x58) or _long(_word(fields, 0x15), fields, 0x54)
    width = _word(fields, 0x0A)
    return MemoryModule(
        kind=_KINDS.get(fields[0x12]) if len(fields) > 0x12 else None,
        size_bytes=_size(fields),
        transfers_per_s=rate * 1e6 if rate else None,
        width_bits=width if width not in (0, 0xFFFF) else None,
        slot=slot,
        channel=channel_of(_text(fields, 0x11, texts), slot),
    )


def _size(fields: bytes) -> int | None:
    size = _word(fields, 0x0C)
    if size in (0, 0xFFFF):
        return None  # an empty slot, or unknown
    if size == 0x7FFF:
        return (_double(fields, 0x1C) & 0x7FFF_FFFF) * _MIB or None
    return (size & 0x7FFF) * 1024 if size & 0x8000 else size * _MIB


def _long(value: int, fields: bytes, extended_at: int) -> int:
    """Return a rate; one that needs more than 16 bits stands in a field of its own."""
    return _double(fields, extended_at) & 0x7FFF_FFFF if value == 0xFFFF else value


def _word(fields: bytes, at: int) -> int:
    return int.from_bytes(fields[at : at + 2], "little") if at + 2 <= len(fields) else 0


def _double(fields: bytes, at: int) -> int:
    return int.from_bytes(fields[at : at + 4], "little") if at + 4 <= len(fields) else 0


def _text(fields: bytes, at: int, texts: list[str]) -> str | None:
    number = fields[at] if at < len(fields) else 0
    return texts[number - 1] or None if 0 < number <= len(texts) else None
