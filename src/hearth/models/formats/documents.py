"""Read a model's small text files: JSON settings, and the YAML at the head of a README.

They come from strangers: sizes are bounded before anything is read, and what cannot be read counts
as missing, because a model with a broken README is a model still.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import yaml
from yaml.events import AliasEvent

from hearth.models.formats.files import ModelFiles

MAX_JSON_BYTES = 2 * 1024 * 1024  # a parsed text takes up to twenty times its size
MAX_YAML_BYTES = 32 * 1024  # nested brackets cost the parser about a second
MAX_README_BYTES = 256 * 1024
README = "README.md"
_FENCE = b"---"
_KEY = re.compile(rb"([\w-]*\w):")  # of a line that is not indented; "- " begins an item


def read_json(files: ModelFiles, name: str) -> dict[str, Any] | None:
    """Return a JSON file's object, or None when it is missing, too large or no object."""
    raw = files.small(name, MAX_JSON_BYTES)
    if raw is None:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_front_matter(files: ModelFiles, keys: Collection[str]) -> dict[str, Any]:
    """Return some of the YAML between the first two lines of dashes of a README.

    Args:
        files: The model's folder.
        keys: What is wanted; the rest, which can be hundreds of benchmark results, is not parsed.
    """
    if README not in files.sizes:
        return {}
    start = files.start(README, MAX_README_BYTES).removeprefix(b"\xef\xbb\xbf")
    if not start.startswith(_FENCE):
        return {}
    head, closed, _ = start[len(_FENCE) :].partition(b"\n" + _FENCE)
    wanted = _blocks(head, keys) if closed else b""
    return parse_yaml(wanted) if len(wanted) <= MAX_YAML_BYTES else {}


def _blocks(head: bytes, keys: Collection[str]) -> bytes:
    """Return the lines of some keys, and what is indented or listed below them."""
    kept = []
    is_wanted = False
    for line in head.split(b"\n"):
        if (found := _KEY.match(line)) is not None:
            is_wanted = found[1].decode("ascii") in keys
        if is_wanted:
            kept.append(line)
    return b"\n".join(kept)


def read_yaml(files: ModelFiles, name: str) -> dict[str, Any]:
    """Return a YAML file's mapping; empty when it is missing, too large or no mapping."""
    raw = files.small(name, MAX_YAML_BYTES)
    return parse_yaml(raw) if raw is not None else {}


def parse_yaml(raw: bytes) -> dict[str, Any]:
    """Return the mapping that a text holds; empty when it holds none."""
    try:
        found = yaml.load(raw, _PlainLoader)
    # A date that does not exist is a ValueError, a key that is a list a TypeError.
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class _PlainLoader(yaml.SafeLoader):
    """The safe loader without references, with which a few lines can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(AliasEvent):
            raise yaml.YAMLError("references are not read")
        return super().compose_node(parent, index)


def text_of(value: object) -> str | None:
    """Return a value that is a text with something in it, else None."""
    return value.strip() if isinstance(value, str) and value.strip() else None


def texts_of(value: object) -> tuple[str, ...]:
    """Return a text, or the texts of a list, as a tuple."""
    listed = value if isinstance(value, list) else [value]
    return tuple(text for entry in listed if (text := text_of(entry)) is not None)


def number_of(value: object, *, low: int = 1) -> int | None:
    """Return a whole number that a size can be, else None."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value < 2**40:
        return None
    return value


def decimal_of(value: object) -> float | None:
    """Return a number, whole or not, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def part_of(value: object) -> Mapping[str, Any]:
    """Return a nested object, or an empty one when it is missing or something else."""
    return value if isinstance(value, dict) else {}
