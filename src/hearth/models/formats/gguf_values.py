"""Read a GGUF's metadata for describing it: a value of the wrong kind is a missing one.

What the engine is going to rely on is read strictly, by `hearth.models.gguf.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hearth.models.gguf.metadata import GgufArray, Value
from hearth.models.labels import plain


def number(metadata: Mapping[str, Value], key: str) -> int | None:
    """Return a whole number, or the largest of one per layer."""
    value = metadata.get(key)
    listed = value.values or () if isinstance(value, GgufArray) else (value,)
    sizes = [size for size in listed if isinstance(size, int) and not isinstance(size, bool)]
    return max(sizes, default=None)


def text(metadata: Mapping[str, Value], key: str) -> str | None:
    """Return a text as it is."""
    value = metadata.get(key)
    return value if isinstance(value, str) else None


def label(metadata: Mapping[str, Value], key: str) -> str | None:
    """Return a text that is safe to show."""
    found = text(metadata, key)
    return plain(found) if found else None
