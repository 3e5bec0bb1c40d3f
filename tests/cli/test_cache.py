"""`hearth cache`: what is listed, what it adds up to, and what clearing leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.engine.prefixes.room import Room
from hearth.engine.prefixes.shelf import Shelf
from support.command import Hearth
from support.prefixes import IDENTITY, entries, length_found, put, shelf_in

TEXT = list(range(300))


@pytest.fixture
def prefixes(own_home: Path) -> Path:
    """Return a folder with blocks of two models, one of them loaded in two ways."""
    root = own_home / "prefixes"
    put(Shelf(Room(root, 10**9), IDENTITY, "small"), TEXT)
    put(Shelf(Room(root, 10**9), replace(IDENTITY, kv_type="q8_0"), "small"), TEXT[:100])
    put(Shelf(Room(root, 10**9), replace(IDENTITY, model="1" * 64), "large/one"), TEXT[:128])
    return root


def test_an_empty_cache_says_so(hearth: Hearth, own_home: Path) -> None:
    result = hearth("cache", "list")
    assert (result.status, result.out) == (0, "")
    assert "Nothing is kept" in result.err
    assert json.loads(hearth("cache", "list", "--json").out) == []
    stats = json.loads(hearth("cache", "stats", "--json").out)
    assert (stats["num_blocks"], stats["size_bytes"]) == (0, 0)
    assert "0 blocks are removed" in hearth("cache", "clear").err
    assert not own_home.exists()


def test_what_is_kept_is_listed_by_model_and_way(hearth: Hearth, prefixes: Path) -> None:
    heading, *lines = hearth("cache", "list").out.splitlines()
    assert heading.startswith("model")
    (line,) = [line for line in lines if "q8_0" in line]
    assert " ".join(line.split()).startswith("small kv_type q8_0, layout plain, rope none 1 100 ")
    assert len(lines) == 3
    listed = json.loads(hearth("cache", "list", "--json").out)
    assert [(each["model"], each["num_blocks"], each["num_tokens"]) for each in listed] == [
        ("small", 3, 300),
        ("large/one", 1, 128),
        ("small", 1, 100),
    ]


def test_stats_add_up(hearth: Hearth, prefixes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTH_PREFIX_CACHE_GB", "0.5")
    stats = json.loads(hearth("cache", "stats", "--json").out)
    assert stats["mode"] == "disk"
    assert (stats["num_models"], stats["num_blocks"], stats["num_tokens"]) == (2, 5, 528)
    assert stats["size_bytes"] == sum(entry.size_bytes for entry in entries(prefixes))
    assert stats["limit_bytes"] == 500_000_000
    assert stats["restored_tokens"] == {}
    shown = hearth("cache", "stats").out
    assert "5 with 528 tokens, of 2 models" in shown
    assert str(prefixes) in shown


def test_clearing_one_model_leaves_the_others(hearth: Hearth, prefixes: Path) -> None:
    result = hearth("cache", "clear", "SMALL")
    assert (result.status, result.out) == (0, "")
    assert "4 blocks are removed" in result.err
    assert [entry.name.count for entry in entries(prefixes)] == [128]
    assert "1 block is removed" in hearth("cache", "clear").err
    assert entries(prefixes) == []
    assert hearth("cache", "list").out == ""
    # Whoever had a shelf open goes on with it.
    shelf = shelf_in(prefixes)
    put(shelf, TEXT)
    assert length_found(shelf, TEXT) == 300


def test_a_model_of_which_nothing_is_kept_is_refused(hearth: Hearth, prefixes: Path) -> None:
    result = hearth("cache", "clear", "medium")
    assert result.status == 1
    assert "there are blocks of large/one, small" in result.err


def test_a_running_server_tells_what_came_back(hearth: Hearth, served: Path) -> None:
    stats = json.loads(hearth("cache", "stats", "--json").out)
    assert all(tokens == 0 for tokens in stats["restored_tokens"].values())
    assert stats["path"] == str(served / "prefixes")
