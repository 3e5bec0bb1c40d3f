"""Metadata of a real file for a stand-in of it: copied byte by byte, its tokenizer included.

What is parsed in `hearth.models.gguf` leaves long arrays in the file, so entries are walked over
once more and copied as they are; only what a stand-in changes is written anew.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hearth.models.blueprint.encoding import encode_entry, scalar_bytes
from hearth.models.bytes import ByteSource
from hearth.models.formats.files import HeldBytes
from hearth.models.gguf.metadata import (
    MAX_STRINGS_BYTES,
    GgufArray,
    LongText,
    Value,
    ValueType,
)
from hearth.models.gguf.reader import BoundedReader

# The engine wants it of a model whose number of layers is not that of a Lite version.
LATENT_QUERIES = "deepseek2.attention.q_lora_rank"

_PREAMBLE_BYTES = 8  # magic and version
_COUNTS = struct.Struct("<QQ")
_LENGTH = struct.Struct("<Q")
_TYPE = struct.Struct("<I")
# What a single file with the usual alignment does not carry.
_DROPPED = ("split.", "general.alignment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Encoded metadata entries, one behind the other."""

    count: int
    encoded: bytes


def copied_entries(source: ByteSource, data_start: int, changes: Mapping[str, Value]) -> Entries:
    """Copy a file's metadata, in one read.

    Args:
        source: The file, whose header was read before.
        data_start: Offset at which its header ends.
        changes: Values by key, in place of the file's own or added to them.

    Raises:
        BadModelFile: The file is not what it was when its header was read.
    """
    head = HeldBytes(source.name, source.read(0, data_start))
    kept = {key: raw for key, raw in _walk(head) if not key.startswith(_DROPPED)}
    kept |= {key: encode_entry(key, value) for key, value in changes.items()}
    return Entries(count=len(kept), encoded=b"".join(kept.values()))


def known_entries(
    metadata: Mapping[str, Value], changes: Mapping[str, Value], *, vocab_size: int
) -> Entries:
    """Write metadata that was parsed, without its tokenizer, most of which was left in the file.

    Args:
        metadata: Values by key, as parsed.
        changes: Values by key, in place of the parsed ones or added to them.
        vocab_size: Number of tokens, which is otherwise known from the tokenizer alone.
    """
    kept = {
        key: value
        for key, value in metadata.items()
        if not key.startswith((*_DROPPED, "tokenizer.")) and not _is_elsewhere(value)
    }
    architecture = metadata["general.architecture"]
    kept |= {f"{architecture}.vocab_size": vocab_size, "tokenizer.ggml.model": "no_vocab"}
    kept |= changes
    encoded = b"".join(encode_entry(key, value) for key, value in kept.items())
    return Entries(count=len(kept), encoded=encoded)


def layer_changes(metadata: Mapping[str, Value], num_layers: int) -> dict[str, Value]:
    """Return what changes in a header when the model is cut to its first layers."""
    architecture = metadata["general.architecture"]
    total = metadata[f"{architecture}.block_count"]
    changes: dict[str, Value] = {
        key: _cut(value, num_layers)
        for key, value in metadata.items()
        if key.startswith(f"{architecture}.")
        and isinstance(value, GgufArray)
        and value.count == total
        and value.values is not None
    }
    changes[f"{architecture}.block_count"] = num_layers
    if f"{architecture}.nextn_predict_layers" in metadata:
        changes[f"{architecture}.nextn_predict_layers"] = 0  # they are the last layers
    if architecture == "deepseek2" and LATENT_QUERIES not in metadata:
        changes[LATENT_QUERIES] = 0
    return changes


def _cut(array: GgufArray, count: int) -> GgufArray:
    return replace(array, count=count, values=(array.values or ())[:count])


def _is_elsewhere(value: Value) -> bool:
    return isinstance(value, LongText) or (isinstance(value, GgufArray) and value.values is None)


def _walk(head: HeldBytes) -> Iterator[tuple[str, bytes]]:
    """Yield each key with the bytes of its whole entry."""
    reader = BoundedReader(head)
    reader.skip(_PREAMBLE_BYTES, "the version")
    _, count = reader.unpack(_COUNTS, "the counts")
    for index in range(count):
        start = reader.position
        (length,) = reader.unpack(_LENGTH, f"metadata key {index}")
        reader.require(length, f"metadata key {index}")
        key = reader.take(length, f"metadata key {index}").decode("ascii", "replace")
        _skip_value(reader, key)
        yield key, head.read(start, reader.position - start)


def _skip_value(reader: BoundedReader, key: str) -> None:
    (kind,) = reader.unpack(_TYPE, key)
    count = 1
    if kind == ValueType.ARRAY:
        (kind,) = reader.unpack(_TYPE, key)
        (count,) = reader.unpack(_LENGTH, key)
    if kind == ValueType.STRING:
        reader.skip_strings(count, key, max_bytes=MAX_STRINGS_BYTES)
    elif kind in scalar_bytes():
        reader.skip(count * scalar_bytes()[kind], key)
    else:
        raise reader.fail(f"{key} changed its type while it was copied")
