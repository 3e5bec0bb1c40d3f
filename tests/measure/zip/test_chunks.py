"""Files cut into chunks, and what is done without a model."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.errors import InvalidRequest
from hearth.measure.zip.chunks import Chunk, Method, cut, pack_plain, unpack_plain


@given(st.binary(max_size=200), st.integers(2, 50))
def test_pieces_are_the_whole_and_no_longer_than_asked(data: bytes, most: int) -> None:
    pieces = list(cut(data, most))
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= most for piece in pieces)


@given(st.text(max_size=200), st.integers(8, 50))
def test_characters_are_not_cut_in_two(text: str, most: int) -> None:
    for piece in cut(text.encode(), most):
        piece.decode()


def test_lines_and_words_stay_whole() -> None:
    assert list(cut(b"one two\nthree four five", 12)) == [b"one two\n", b"three four", b" five"]


@given(st.binary(min_size=1, max_size=500))
def test_what_is_packed_comes_back(data: bytes) -> None:
    chunk = pack_plain(data)
    assert unpack_plain(chunk) == data
    assert len(chunk.payload) <= len(data)


def test_what_does_not_become_smaller_is_stored() -> None:
    assert pack_plain(os.urandom(100)).method is Method.STORED
    assert pack_plain(b"a" * 1000).method is Method.XZ


def test_a_bomb_is_not_unpacked() -> None:
    chunk = pack_plain(b"a" * 100_000)
    small = Chunk(
        method=Method.XZ, num_bytes=10, num_tokens=0, checksum=chunk.checksum, payload=chunk.payload
    )
    with pytest.raises(InvalidRequest, match="damaged"):
        unpack_plain(small)
