"""What differs between what two models say of themselves.

Models of one format are compared key by key; of two formats only what their cards have in common.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hearth.models.formats.documents import read_json
from hearth.models.gguf.header import read_header
from hearth.models.gguf.metadata import GgufArray, LongText, Value
from hearth.models.labels import plain
from hearth.models.opening import OpenModel

CONFIGS = ("config.json", "adapter_config.json", "generation_config.json")
MAX_SHOWN_CHARS = 200
MAX_HASHED_BYTES = 64 * 1024 * 1024  # of one value that the header left in the file
_PIECE_BYTES = 1024 * 1024
_CARD_FACTS = """
architecture num_parameters active_parameters num_layers width feed_forward_length num_heads
num_kv_heads head_size num_experts num_experts_used context_length vocab_size chat_template license
""".split()  # noqa: SIM905 - a list of names reads best as names


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataChange:
    """One entry that differs; None where a model has no such entry."""

    key: str
    before: str | None
    after: str | None


def compare_metadata(before: OpenModel, after: OpenModel) -> tuple[MetadataChange, ...]:
    """Return the entries that differ, in the order of the first model."""
    old, new = _entries(before, after), _entries(after, before)
    return tuple(
        MetadataChange(key=key, before=_shown(old.get(key)), after=_shown(new.get(key)))
        for key in {**old, **new}
        if old.get(key) != new.get(key)
    )


def _entries(model: OpenModel, other: OpenModel) -> dict[str, Any]:
    if (model.card.format == "gguf") != (other.card.format == "gguf"):
        facts = asdict(model.card)
        return {name: facts[name] for name in _CARD_FACTS}
    if model.card.format == "gguf":
        return _gguf_entries(model)
    entries: dict[str, Any] = {}
    for name in CONFIGS:
        entries |= _flat(read_json(model.files, name) or {}, f"{name}: ")
    return entries


def _gguf_entries(model: OpenModel) -> dict[str, Any]:
    source = model.files.source(model.card.files[0].name)
    return {key: _comparable(value, model) for key, value in read_header(source).metadata.items()}


def _comparable(value: Value, model: OpenModel) -> Any:
    """Return a value that is equal where the files agree; of what is long, its hash."""
    if isinstance(value, GgufArray) and value.values is not None:
        return list(value.values)
    if not isinstance(value, GgufArray | LongText):
        return value
    source = model.files.source(model.card.files[0].name)
    digest = hashlib.sha256()
    end = value.position + min(value.size_bytes, MAX_HASHED_BYTES)
    for offset in range(value.position, end, _PIECE_BYTES):
        digest.update(source.read(offset, min(_PIECE_BYTES, end - offset)))
    count = f"{value.count:,} entries" if isinstance(value, GgufArray) else "a text"
    return f"{count}, {value.size_bytes:,} bytes, SHA-256 {digest.hexdigest()[:16]}…"


def _flat(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return plain(text, MAX_SHOWN_CHARS)
