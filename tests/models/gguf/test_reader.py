"""The bounded reader by itself."""

from __future__ import annotations

import pytest

from hearth.errors import BadModelFile
from hearth.models.gguf.reader import WINDOW_BYTES, BoundedReader
from support.held_bytes import HeldBytes


def test_windows_are_followed_across_skips() -> None:
    reader = BoundedReader(HeldBytes(bytes(range(200))))
    assert reader.peek(2) == b"\0\1"
    assert reader.take(3, "a") == b"\0\1\2"
    reader.skip(97, "b")
    assert (reader.position, reader.remaining_bytes) == (100, 100)
    assert reader.take(1, "c") == b"\x64"
    with pytest.raises(BadModelFile, match="200 bytes and needs at least 201"):
        reader.skip(100, "d")


def test_what_is_skipped_is_not_read() -> None:
    source = HeldBytes(bytes(20 * WINDOW_BYTES))
    reader = BoundedReader(source)
    reader.take(8, "a")
    reader.skip(10 * WINDOW_BYTES, "b")
    reader.take(8, "c")
    assert source.fetched_bytes == 2 * WINDOW_BYTES
