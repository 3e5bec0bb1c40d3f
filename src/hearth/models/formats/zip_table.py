"""List a zip archive without unpacking it: the table at its end, with bounds.

PyTorch keeps its checkpoints in zip archives whose members are stored as they are, so that a
member's bytes are a range of the file. Python's own `zipfile` reads a table of any size at once,
which is more than a stranger's file may ask for. Source of the layout: PKWARE's APPNOTE 6.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from hearth.models.bytes import ByteSource, bad_file

MAX_TABLE_BYTES = 8 * 1024 * 1024
MAX_MEMBERS = 65_536

_END = struct.Struct("<4sHHHHIIH")
_END_64_LOCATOR = struct.Struct("<4sIQI")
_END_64 = struct.Struct("<4sQHHIIQQQQ")
_ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_MAX_COMMENT_BYTES = 65_535
_IN_EXTRA = 0xFFFFFFFF  # the value stands in the 64-bit extra field
_EXTRA_64 = 1
_STORED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipMember:
    """One file in an archive.

    Args:
        size_bytes: Size when unpacked.
        is_stored: True when its bytes stand in the archive as they are.
        header_offset: Offset of its own header in the archive.
    """

    name: str
    size_bytes: int
    is_stored: bool
    header_offset: int


def read_zip_table(source: ByteSource) -> dict[str, ZipMember]:
    """Return the members of an archive by name.

    Raises:
        BadModelFile: It is no zip archive, is damaged, or claims something impossible.
    """
    offset, size_bytes, count = _find_table(source)
    if size_bytes > MAX_TABLE_BYTES or count > MAX_MEMBERS:
        raise bad_file(source.name, f"its table claims {count:,} files in {size_bytes:,} bytes")
    if offset + size_bytes > source.size_bytes:
        raise bad_file(source.name, "its table of contents lies outside the file")
    raw = source.read(offset, size_bytes)
    members: dict[str, ZipMember] = {}
    at = 0
    for _ in range(count):
        member, at = _read_entry(source, raw, at)
        if member.name in members:
            raise bad_file(source.name, f"its table names {member.name} twice")
        members[member.name] = member
    return members


def data_offset(source: ByteSource, member: ZipMember) -> int:
    """Return where the bytes of a member begin in the archive.

    Raises:
        BadModelFile: The member lies outside the file, or its header is damaged.
    """
    if member.header_offset + _LOCAL.size > source.size_bytes:
        raise bad_file(source.name, f"{member.name} lies outside the file")
    fields = _LOCAL.unpack(source.read(member.header_offset, _LOCAL.size))
    start: int = member.header_offset + _LOCAL.size + fields[9] + fields[10]
    if fields[0] != b"PK\x03\x04" or start + member.size_bytes > source.size_bytes:
        raise bad_file(source.name, f"{member.name} lies outside the file or is damaged")
    return start


def read_member(source: ByteSource, member: ZipMember, max_bytes: int) -> bytes:
    """Return a stored member's bytes.

    Raises:
        BadModelFile: It is compressed, larger than allowed, or lies outside the file.
    """
    if not member.is_stored:
        raise bad_file(source.name, f"{member.name} is compressed, which no checkpoint is")
    if member.size_bytes > max_bytes:
        raise bad_file(
            source.name,
            f"{member.name} claims {member.size_bytes:,} bytes; at most {max_bytes:,} are read",
        )
    return source.read(data_offset(source, member), member.size_bytes)


def _find_table(source: ByteSource) -> tuple[int, int, int]:
    """Return offset, bytes and number of entries of the table."""
    tail_bytes = min(source.size_bytes, _END.size + _MAX_COMMENT_BYTES)
    start = source.size_bytes - tail_bytes
    tail = source.read(start, tail_bytes)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise bad_file(source.name, "it is a zip archive that is cut off")
    _, _, _, _, count, size_bytes, offset, _ = _END.unpack_from(tail, at)
    if offset != _IN_EXTRA and count != 0xFFFF:
        return offset, size_bytes, count
    return _find_table_64(source, start + at) or (offset, size_bytes, count)


def _find_table_64(source: ByteSource, end: int) -> tuple[int, int, int] | None:
    at = end - _END_64_LOCATOR.size
    if at < 0:
        return None
    mark, _, offset, _ = _END_64_LOCATOR.unpack(source.read(at, _END_64_LOCATOR.size))
    if mark != b"PK\x06\x07" or offset + _END_64.size > source.size_bytes:
        return None
    fields = _END_64.unpack(source.read(offset, _END_64.size))
    return (fields[9], fields[8], fields[7]) if fields[0] == b"PK\x06\x06" else None


def _read_entry(source: ByteSource, raw: bytes, at: int) -> tuple[ZipMember, int]:
    if at + _ENTRY.size > len(raw):
        raise bad_file(source.name, "its table of contents is cut off")
    fields = _ENTRY.unpack_from(raw, at)
    if fields[0] != b"PK\x01\x02":
        raise bad_file(source.name, "its table of contents is damaged")
    method, packed, size_bytes, offset = fields[4], fields[8], fields[9], fields[16]
    name_bytes, extra_bytes, comment_bytes = fields[10:13]
    names_at = at + _ENTRY.size
    name = raw[names_at : names_at + name_bytes].decode("utf-8", "replace")
    extra = raw[names_at + name_bytes : names_at + name_bytes + extra_bytes]
    if _IN_EXTRA in (packed, size_bytes, offset):
        size_bytes, packed, offset = _wide(extra, size_bytes, packed, offset)
    member = ZipMember(
        name=name,
        size_bytes=size_bytes,
        is_stored=method == _STORED and packed == size_bytes,
        header_offset=offset,
    )
    return member, names_at + name_bytes + extra_bytes + comment_bytes


def _wide(extra: bytes, *narrow: int) -> tuple[int, ...]:
    """Replace the values that stand in the 64-bit extra field, in the order of the format."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        at += 4
        if kind == _EXTRA_64:
            wide = iter(struct.unpack(f"<{length // 8}Q", extra[at : at + length // 8 * 8]))
            return tuple(next(wide, n) if n == _IN_EXTRA else n for n in narrow)
        at += length
    return narrow
