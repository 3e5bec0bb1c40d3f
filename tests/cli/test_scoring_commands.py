"""The commands that score text: perplexity, distance, zip and unzip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Hearth
from support.pico import write_pico

pytestmark = pytest.mark.tiny

TEXT = "The lamp stood by the window, and the rain went on until the morning came.\n" * 8


@pytest.fixture
def text_path(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_perplexity_is_shown_with_its_interval_and_record(
    hearth: Hearth, pico_path: Path, text_path: Path
) -> None:
    words = ("bench", "perplexity", str(pico_path), "--text", str(text_path), "--threads", "1")
    result = hearth(*words, "--context", "64", "--by-position")
    assert result.status == 0, result.err
    for expected in ("perplexity", "bits/byte", "positions", "32 to 63", "evidence "):
        assert expected in result.out


def test_perplexity_as_json_has_the_record(
    hearth: Hearth, pico_path: Path, text_path: Path
) -> None:
    words = ("bench", "perplexity", str(pico_path), "--text", str(text_path), "--threads", "1")
    result = hearth(*words, "--context", "64", "--context", "128", "--json")
    assert result.status == 0, result.err
    record = json.loads(result.out)
    assert record["kind"] == "perplexity"
    assert "128 tokens: perplexity against 64 tokens" in record["summary"]


def test_distance_is_shown(
    hearth: Hearth, pico_path: Path, text_path: Path, tmp_path: Path
) -> None:
    other = write_pico(tmp_path / "other.gguf", seed=1)
    words = ("bench", "distance", str(pico_path), str(other), "--text", str(text_path))
    result = hearth(*words, "--context", "64", "--threads", "1")
    assert result.status == 0, result.err
    for expected in ("divergence", "nats", "same top token", "against", "evidence "):
        assert expected in result.out


def test_a_scaling_that_is_none_is_refused(hearth: Hearth, pico_path: Path) -> None:
    result = hearth("bench", "perplexity", str(pico_path), "--rope", "warp:9")
    assert result.status == 2
    assert "METHOD:FACTOR" in result.err


def test_a_file_is_zipped_and_comes_back(hearth: Hearth, pico_path: Path, text_path: Path) -> None:
    words = ("--model", str(pico_path), "--context", "128", "--threads", "1")
    result = hearth("zip", str(text_path), *words)
    assert result.status == 0, result.err
    for expected in ("xz -9e", "zlib -9", "this file", "bits per byte"):
        assert expected in result.out
    text_path.unlink()
    packed = f"{text_path}.hz"
    result = hearth("unzip", packed, "--model", str(pico_path))
    assert result.status == 0, result.err
    assert text_path.read_text() == TEXT
    again = hearth("unzip", packed, "--model", str(pico_path))
    assert again.status == 2
    assert "--force" in again.err


def test_what_is_no_compressed_file_is_refused(hearth: Hearth, text_path: Path) -> None:
    result = hearth("unzip", str(text_path))
    assert result.status == 2
    assert "--output" in result.err
    result = hearth("unzip", str(text_path), "--output", f"{text_path}.out")
    assert result.status == 2
    assert "hearth zip" in result.err
