"""The bounded reader by itself."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from hearth.errors import BadModelFile
from hearth.models.gguf.reader import BoundedReader


def test_file_that_becomes_shorter_while_it_is_read() -> None:
    reader = BoundedReader(io.BytesIO(b"abc"), Path("m.gguf"), size_bytes=1000)
    with pytest.raises(BadModelFile, match="became shorter while the name"):
        reader.take(10, "the name")


def test_windows_are_followed_across_skips() -> None:
    reader = BoundedReader(io.BytesIO(bytes(range(200))), Path("m.gguf"), size_bytes=200)
    assert reader.peek(2) == b"\0\1"
    assert reader.take(3, "a") == b"\0\1\2"
    reader.skip(97, "b")
    assert (reader.position, reader.remaining_bytes) == (100, 100)
    assert reader.take(1, "c") == b"\x64"
    with pytest.raises(BadModelFile, match="200 bytes and needs at least 201"):
        reader.skip(100, "d")
