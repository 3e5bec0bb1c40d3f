"""Prompts from standard input: files, pipes, silence, and bytes that are no text."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hearth.cli.stdin import read_prompt
from hearth.core import MAX_PROMPT_BYTES
from hearth.errors import InvalidRequest


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Return a function that makes these bytes the standard input."""

    def set_stdin(data: bytes) -> None:
        path = tmp_path / "stdin"
        path.write_bytes(data)
        monkeypatch.setattr(sys, "stdin", path.open(encoding="utf-8"))

    yield set_stdin
    sys.stdin.close()


def test_words_are_joined(feed) -> None:
    feed(b"")
    assert read_prompt(["why", "is", "that?"]) == "why is that?"


def test_piped_text_follows_the_words(feed) -> None:
    feed("漢字\n".encode())
    assert read_prompt(["Translate:"]) == "Translate:\n\n漢字"


@pytest.mark.parametrize("words", [[], ["-"]])
def test_piped_text_alone(feed, words: list[str]) -> None:
    feed(b"Hello\n")
    assert read_prompt(words) == "Hello"


@pytest.mark.parametrize("data", [b"", b" \n\t\n"])
def test_nothing_at_all_is_refused(feed, data: bytes) -> None:
    feed(data)
    with pytest.raises(InvalidRequest, match="no prompt"):
        read_prompt([])


def test_bytes_that_are_no_text_are_named(feed) -> None:
    feed(b"abc\xff")
    with pytest.raises(InvalidRequest, match=r"byte 3 is 0xff"):
        read_prompt([])


def test_too_much_is_refused(feed) -> None:
    feed(b"x" * (MAX_PROMPT_BYTES + 1))
    with pytest.raises(InvalidRequest, match="more than"):
        read_prompt([])


def test_a_silent_pipe_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as stdin, os.fdopen(writing, "wb"):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read_prompt(["hello"]) == "hello"
    assert "silent" in capsys.readouterr().err


def test_a_closed_pipe_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(b"from the pipe")
    with os.fdopen(reading, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read_prompt(["hello"]) == "hello\n\nfrom the pipe"
