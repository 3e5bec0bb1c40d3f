"""Where a GGUF model comes from: the `general.*` keys that converters and mergekit leave.

Source of the keys: docs/gguf.md of ggml and gguf-py's `metadata.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from hearth.models.bytes import ByteSource
from hearth.models.card import Lineage
from hearth.models.formats.lineage import MERGE_TAGS
from hearth.models.gguf.metadata import GgufArray, Value, ValueType
from hearth.models.labels import plain

MAX_BASES = 64
MAX_TAGS_BYTES = 16 * 1024

_LENGTH = struct.Struct("<Q")
_HUB = "https://huggingface.co/"
_SOURCES = ("general.source.huggingface.repository", "general.source.repo_url")


def gguf_lineage(metadata: Mapping[str, Value], source: ByteSource, *, is_part: bool) -> Lineage:
    """Return where a model comes from.

    Args:
        metadata: The header's values.
        source: The file, to read the tags that the header was too long to keep.
        is_part: True for adapters and projectors, whose base is what they belong to.
    """
    bases = tuple(dict.fromkeys(_bases(metadata)))
    if is_part:
        return Lineage(adapter_of=next(iter(bases), None))
    if len(bases) > 1 or not MERGE_TAGS.isdisjoint(_tags(metadata, source)):
        return Lineage(merged_from=bases)
    return Lineage(base_models=bases or tuple(_converted_from(metadata))[:1])


def _bases(metadata: Mapping[str, Value]) -> Iterator[str]:
    count = metadata.get("general.base_model.count", 0)
    if isinstance(count, bool) or not isinstance(count, int):
        return
    for index in range(min(count, MAX_BASES)):
        prefix = f"general.base_model.{index}"
        address = metadata.get(f"{prefix}.repo_url")
        name = metadata.get(f"{prefix}.name")
        if isinstance(address, str) and address.startswith(_HUB):
            yield plain(address.removeprefix(_HUB))
        elif isinstance(name, str):
            owner = metadata.get(f"{prefix}.organization")
            yield plain(f"{owner}/{name}" if isinstance(owner, str) else name)


def _converted_from(metadata: Mapping[str, Value]) -> Iterator[str]:
    for key in _SOURCES:
        value = metadata.get(key)
        if isinstance(value, str):
            yield plain(value.removeprefix(_HUB))


def _tags(metadata: Mapping[str, Value], source: ByteSource) -> frozenset[str]:
    tags = metadata.get("general.tags")
    if (
        not isinstance(tags, GgufArray)
        or tags.element_type is not ValueType.STRING
        or tags.size_bytes > MAX_TAGS_BYTES
    ):
        return frozenset()
    raw = source.read(tags.position, tags.size_bytes)
    return frozenset(_strings(raw))


def _strings(raw: bytes) -> Iterator[str]:
    at = 0
    while at < len(raw):  # the header reader has checked that the lengths add up
        (length,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size + length
        yield raw[at - length : at].decode("utf-8", "replace")
