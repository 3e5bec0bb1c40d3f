"""What reaches the terminal: no control characters, whole JSON, sizes that read well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearth.cli import console
from hearth.core import FinishReason, Token


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("a\rb\x08c\x00d\x7f", "abcd"),
        ("\x9b2J", "2J"),
        ("abc\u202edef\u2066", "abcdef"),
        ("line\n\ttab", "line\n\ttab"),
        ("漢字 👩‍👩‍👧 é", "漢字 👩‍👩‍👧 é"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert console.clean(text) == shown


def test_written_text_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    console.write("\x1b[2Jx")
    console.note("\x1b[2Jy")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("[2Jx", "[2Jy\n")


def test_json_keeps_every_character_but_escapes_it(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"text": "\x1b[2J\x9b漢", "path": Path("/a"), "reason": FinishReason.STOP}
    console.write_json({**value, "token": Token(id=1, text="x")})
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x9b" not in out
    assert json.loads(out) == {
        "text": "\x1b[2J\x9b漢",
        "path": "/a",
        "reason": "stop",
        "token": {"id": 1, "text": "x", "special": False},
    }


def test_markup_in_a_models_words_is_not_obeyed() -> None:
    assert console.literal("[bold]x[/]") == r"\[bold]x\[/]"


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (98362432, "93.8 MiB"), (2**40, "1.0 TiB")],
)
def test_size(size_bytes: int, shown: str) -> None:
    assert console.size(size_bytes) == shown
