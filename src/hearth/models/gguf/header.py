"""Read the header of a GGUF file (versions 2 and 3) as hostile input.

Bounds come first, then allocation: every count and length is compared with a limit and with the
bytes that are left, sizes are computed in Python's unbounded integers, and the last tensor's end is
compared with the file's size. A file that passes can still be nonsense as a model; what the header
*means* is checked in `hearth.models.gguf.info`. The weights themselves are never read here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hearth.models.bytes import ByteSource, FileBytes
from hearth.models.gguf.metadata import MAX_KEYS, MetadataReader, Value
from hearth.models.gguf.metadata import MIN_ENTRY_BYTES as MIN_KEY_ENTRY_BYTES
from hearth.models.gguf.reader import BoundedReader
from hearth.models.gguf.recognize import START_BYTES, recognize
from hearth.models.gguf.tensors import MAX_TENSORS, TensorInfo, read_tensors
from hearth.models.gguf.tensors import MIN_ENTRY_BYTES as MIN_TENSOR_ENTRY_BYTES

MAGIC = b"GGUF"
DEFAULT_ALIGNMENT = 32
MAX_ALIGNMENT = 65_536
SPECIFIED_ALIGNMENT = 8  # the format wants multiples of 8; llama.cpp also takes 1, 2 and 4

_PREAMBLE = struct.Struct("<4sI")
_COUNTS = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """Everything in a GGUF file but the weights.

    Args:
        path: The file; of a remote one its name alone.
        name: What messages call it: the path or the address.
        size_bytes: Size of the whole file.
        metadata: Values by key, in the order of the file.
        data_start: Offset of the first tensor's data in the file.
        warnings: What is odd but harmless, as sentences.
    """

    path: Path
    name: str
    size_bytes: int
    version: int
    alignment: int
    metadata: Mapping[str, Value]
    tensors: tuple[TensorInfo, ...]
    data_start: int
    warnings: tuple[str, ...] = ()

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors, padding left out."""
        return sum(tensor.size_bytes for tensor in self.tensors)


def read_header(file: Path | ByteSource) -> GgufHeader:
    """Read and check the header of a GGUF file.

    Args:
        file: A regular file, which is only read, or where else its bytes come from.

    Raises:
        ModelNotFound: There is no such file.
        BadModelFile: The file is no GGUF, is damaged, or claims something impossible.
    """
    if not isinstance(file, Path):
        return _read(file, Path(file.name.rpartition("/")[2]))
    with FileBytes(file) as source:
        return _read(source, file)


def _read(source: ByteSource, path: Path) -> GgufHeader:
    reader = BoundedReader(source)
    version = _read_version(reader)
    num_tensors, num_keys = reader.unpack(_COUNTS, "the counts of tensors and metadata")
    _check_count(reader, "metadata entries", num_keys, MAX_KEYS, MIN_KEY_ENTRY_BYTES)
    _check_count(reader, "tensors", num_tensors, MAX_TENSORS, MIN_TENSOR_ENTRY_BYTES)
    entries = MetadataReader(reader)
    metadata = entries.read(num_keys)
    alignment = _alignment(reader, metadata)
    tensors, data_bytes = read_tensors(reader, num_tensors, alignment)
    data_start = -(-reader.position // alignment) * alignment
    warnings = [*entries.warnings, *_check_end(reader, data_start, data_bytes, alignment)]
    if alignment % SPECIFIED_ALIGNMENT:
        warnings.append(f"the alignment {alignment} is below the {SPECIFIED_ALIGNMENT} specified")
    return GgufHeader(
        path=path,
        name=source.name,
        size_bytes=source.size_bytes,
        version=version,
        alignment=alignment,
        metadata=metadata,
        tensors=tensors,
        data_start=data_start,
        warnings=tuple(warnings),
    )


def _read_version(reader: BoundedReader) -> int:
    start = reader.peek(START_BYTES)
    if not start.startswith(MAGIC):
        what, hint = recognize(start, reader.size_bytes)
        raise reader.fail(f"it is {what}", hint)
    _, version = reader.unpack(_PREAMBLE, "the version")
    if version in (2, 3):
        return int(version)
    if version & 0xFFFF == 0 and version:
        raise reader.fail("it is a big-endian GGUF, which is not supported")
    raise reader.fail(f"it is GGUF version {version}; versions 2 and 3 are supported")


def _check_count(reader: BoundedReader, what: str, count: int, limit: int, min_bytes: int) -> None:
    if count > limit:
        raise reader.fail(f"it claims {count:,} {what}; at most {limit:,} are allowed")
    reader.require(count * min_bytes, f"its {count:,} {what}")


def _alignment(reader: BoundedReader, metadata: Mapping[str, Value]) -> int:
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if (
        not isinstance(alignment, int)
        or not 1 <= alignment <= MAX_ALIGNMENT
        or alignment.bit_count() != 1
    ):
        raise reader.fail(
            f"its alignment is {alignment}; a power of two up to {MAX_ALIGNMENT:,} is allowed"
        )
    return alignment


def _check_end(
    reader: BoundedReader, data_start: int, data_bytes: int, alignment: int
) -> list[str]:
    if not data_bytes:
        return []
    end = data_start + data_bytes
    if end > reader.size_bytes:
        raise reader.fail(
            f"it is cut off: the file is {reader.size_bytes:,} bytes and needs {end:,}",
            "Download the model again; a partial download can usually be resumed.",
        )
    extra_bytes = reader.size_bytes - end
    if extra_bytes < alignment:
        return []
    return [f"{extra_bytes:,} bytes follow the last tensor; they are not used"]
