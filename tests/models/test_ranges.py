"""Looking into remote files: only the header travels, and odd servers are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hearth.errors import (
    AccessDenied,
    AddressRefused,
    BadModelFile,
    HearthError,
    ModelNotFound,
    SourceError,
)
from hearth.models.gguf.header import read_header
from hearth.models.gguf.metadata import MAX_STRING_BYTES
from hearth.models.ranges import MAX_BLOCK_BYTES, RangeBytes
from hearth.models.reach import Reach, open_client
from support.gguf_bytes import STRING, U8, array, gguf, tensor, text, u32
from support.range_server import Served, serve_ranges

MIB = 2**20
CONTENT = bytes(range(256)) * 4096  # 1 MiB


@contextmanager
def opened(served: Served) -> Iterator[RangeBytes]:
    with (
        open_client(Reach.of_url(served.url)) as client,
        RangeBytes(served.url, client=client) as source,
    ):
        yield source


@pytest.mark.parametrize("num_words", [10, 5_000, 150_000])
def test_at_most_a_mebibyte_beyond_a_remote_header_travels(tmp_path: Path, num_words: int) -> None:
    words = array("tokenizer.ggml.tokens", STRING, [f"word-{n}" * 2 for n in range(num_words)])
    head = gguf([text("general.name", "far away"), words, u32("n", 1)], [tensor("a", [8 * MIB])])
    path = tmp_path / "near.gguf"
    content = head + bytes(32 * MIB)
    path.write_bytes(content)
    with serve_ranges(content) as served, opened(served) as source:
        far = read_header(source)
        fetched_bytes = source.fetched_bytes
    near = read_header(path)
    assert (far.metadata, far.tensors, far.data_start, far.size_bytes) == (
        near.metadata,
        near.tensors,
        near.data_start,
        len(content),
    )
    assert far.path == Path("pico.gguf")
    assert far.name == served.url
    assert fetched_bytes == served.sent_bytes <= len(head) + MIB
    assert len(served.ranges) <= 3 + len(head) // MAX_BLOCK_BYTES


def test_what_a_header_skips_does_not_travel() -> None:
    skipped = [text("long", b"x" * (MAX_STRING_BYTES * 4)), array("many", U8, [7] * 4 * MIB)]
    content = gguf([*skipped, u32("last", 1)])
    with serve_ranges(content) as served, opened(served) as source:
        assert read_header(source).metadata["last"] == 1
    assert served.sent_bytes < 2 * MIB


def test_any_piece_is_what_the_file_holds_there() -> None:
    with serve_ranges(CONTENT) as served, opened(served) as source:
        for offset, length in [(0, 10), (5, 300_000), (900_000, 100), (100, 7), (MIB - 1, 1)]:
            assert source.read(offset, length) == CONTENT[offset : offset + length]
        assert source.read(MIB, 0) == b""
        with pytest.raises(BadModelFile, match="ends at byte 1,048,576"):
            source.read(MIB, 1)


def test_reading_on_fetches_nothing_twice() -> None:
    with serve_ranges(CONTENT) as served, opened(served) as source:
        for offset in range(0, MIB, 3000):
            length = min(5000, MIB - offset)  # each piece overlaps the next
            assert source.read(offset, length) == CONTENT[offset : offset + length]
    assert served.sent_bytes == MIB


def test_empty_remote_file() -> None:
    with serve_ranges(b"") as served, opened(served) as source:
        assert source.size_bytes == 0
        with pytest.raises(BadModelFile, match="empty"):
            read_header(source)


# What a server does wrong: (how, the error, words of its message).
ODD_SERVERS: list[tuple[dict[str, Any], type[HearthError], str]] = [
    ({"ignores_ranges": True}, SourceError, "only whole files"),
    ({"status": 401}, AccessDenied, "asks for a login"),
    ({"status": 403}, AccessDenied, "asks for a login"),
    ({"status": 404}, ModelNotFound, "no file at"),
    ({"status": 500}, SourceError, "HTTP 500"),
    ({"cut_bytes": 10}, SourceError, "cannot be re"),
    ({"cut_bytes": -10}, SourceError, "more than was asked for"),
    ({"shift_bytes": 10}, SourceError, "another part"),
    ({"encoding": "gzip"}, SourceError, "form that cannot be used"),
    ({"location": "http://192.168.0.1/x"}, AddressRefused, "Nothing is fetched"),
    ({"location": "file:///etc/passwd"}, HearthError, "fetched|cannot be re"),
]


@pytest.mark.parametrize("case", ODD_SERVERS, ids=lambda case: str(case[0]))
def test_odd_servers(case: tuple[dict[str, Any], type[HearthError], str]) -> None:
    changes, error, words = case
    with serve_ranges(CONTENT) as served:
        for name, value in changes.items():
            setattr(served, name, value)
        with pytest.raises(error, match=words), opened(served):
            pass
    assert served.sent_bytes <= 2 * MIB


def test_redirects_without_end() -> None:
    with serve_ranges(CONTENT) as served:
        served.location = served.url
        with pytest.raises(SourceError, match="redirects"), opened(served):
            pass


def test_file_that_changes_while_it_is_read() -> None:
    with serve_ranges(CONTENT) as served, opened(served) as source:
        served.etag = '"2"'
        with pytest.raises(SourceError, match="changed while"):
            source.read(500_000, 10)
