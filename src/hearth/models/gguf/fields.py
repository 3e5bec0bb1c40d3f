"""Typed, bounded access to the metadata of a header: a value of the wrong kind is a bad file."""

from __future__ import annotations

import math

from hearth.errors import BadModelFile
from hearth.models.bytes import bad_file
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.metadata import GgufArray, LongText
from hearth.models.labels import plain

MAX_SIZE = 2**31 - 1  # the engine keeps sizes in 32 bits


class Fields:
    """Reads one header's values by name; names of an architecture are given without its prefix."""

    def __init__(self, header: GgufHeader, architecture: str) -> None:
        self._header = header
        self._prefix = architecture

    def fail(self, reason: str, hint: str | None = None) -> BadModelFile:
        """Return the error for this file, to be raised by the caller."""
        return bad_file(self._header.name, reason, hint)

    def size(self, name: str, default: int | None = None, *, low: int = 0) -> int:
        """Return a whole number; without a default it must be there.

        Raises:
            BadModelFile: It is missing, no whole number, or out of range.
        """
        value = self._header.metadata.get(self._key(name), default)
        if value is None:
            raise self.fail(f"its header lacks {self._key(name)}")
        return self._checked(name, value, low)

    def number(self, name: str, default: float) -> float:
        """Return a number that is not negative.

        Raises:
            BadModelFile: It is no number, or an endless one.
        """
        value = self._header.metadata.get(self._key(name), default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(f"{self._key(name)} is {value} and not a number")
        if not 0 <= value < math.inf:
            raise self.fail(f"{self._key(name)} is {value}; 0 and more is possible")
        return float(value)

    def sizes(self, name: str, count: int, default: int | None = None) -> tuple[int, ...]:
        """Return one whole number per layer, from an array or from one number for all."""
        value = self._header.metadata.get(self._key(name), default)
        if not isinstance(value, GgufArray):
            return (self.size(name, default),) * count
        if value.values is None or value.count < count:
            raise self.fail(f"{self._key(name)} has {value.count:,} entries for {count} layers")
        return tuple(self._checked(name, entry, 0) for entry in value.values[:count])

    def flags(self, name: str, count: int) -> tuple[bool, ...] | None:
        """Return one truth value per layer, or None when the header has no such array."""
        value = self._header.metadata.get(self._key(name))
        if not isinstance(value, GgufArray) or value.values is None or value.count < count:
            return None
        return tuple(bool(entry) for entry in value.values[:count])

    def has(self, name: str) -> bool:
        """Say whether the header has a value of this name."""
        return self._key(name) in self._header.metadata

    def text(self, key: str) -> str | None:
        """Return a string by its full key, or None when it is missing or too long to keep."""
        value = self._header.metadata.get(key)
        if value is None or isinstance(value, LongText):
            return None
        if not isinstance(value, str):
            raise self.fail(f"{key} is {value} and not a text")
        return value

    def label(self, key: str) -> str | None:
        """Return a string that is safe to show, or None."""
        text = self.text(key)
        return plain(text) if text else None

    def length(self, key: str) -> int | None:
        """Return the number of elements of an array by its full key, or None."""
        value = self._header.metadata.get(key)
        if value is None:
            return None
        if not isinstance(value, GgufArray):
            raise self.fail(f"{key} is {value} and not an array")
        return value.count

    def token_id(self, key: str, vocab_size: int) -> int | None:
        """Return the id of a special token by its full key; -1 and None mean there is none.

        Raises:
            BadModelFile: The id is outside the vocabulary.
        """
        value = self._header.metadata.get(key)
        if value is None or value in (-1, 2**32 - 1):
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < vocab_size:
            raise self.fail(f"{key} is {value}, outside its {vocab_size:,} tokens")
        return value

    def _key(self, name: str) -> str:
        return f"{self._prefix}.{name}"

    def _checked(self, name: str, value: object, low: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(f"{self._key(name)} is {value} and not a whole number")
        if not low <= value <= MAX_SIZE:
            raise self.fail(f"{self._key(name)} is {value:,}; {low} to {MAX_SIZE:,} is possible")
        return value
