"""`hearth families`, `hearth timeline`, `hearth sizes`: read by people and by programs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from hearth.models.catalogue import families, releases
from support.command import Hearth
from support.terminal import read_to_end


def test_families_are_listed(hearth: Hearth) -> None:
    listed = hearth("families")
    assert listed.status == 0
    assert "Llama" in listed.out
    assert f"{len(families())} families" in listed.err
    rows = {row["id"]: row for row in json.loads(hearth("families", "--json").out)}
    assert rows.keys() == {one.id for one in families()}
    assert rows["llama"]["first_release"] == "2023-02-24"


def test_one_family_is_shown_with_its_releases_and_its_source(hearth: Hearth) -> None:
    shown = hearth("families", "mistral").out
    assert "Mixtral 8x7B" in shown
    assert "MistralForCausalLM" in shown
    assert "https://mistral.ai/news/announcing-mistral-7b/" in shown
    data = json.loads(hearth("families", "Mistral", "--json").out)
    assert data["count"] == len(data["releases"])
    assert data["releases"][0]["name"] == "Mistral 7B"


def test_an_unknown_family_is_answered_with_what_to_type(hearth: Hearth) -> None:
    result = hearth("families", "mistrel")
    assert result.status == 1
    assert "Hint: Try mistral." in result.err


def test_the_timeline_is_selected(hearth: Hearth) -> None:
    result = hearth("timeline", "--family", "smollm", "--since", "2024-08")
    assert "SmolLM2" in result.out
    assert "SmolLM3" in result.out
    assert "2024-07" not in result.out
    rows = json.loads(hearth("timeline", "--until", "2020", "--open", "--json").out)
    assert {row["weights"] for row in rows} == {"open"}
    assert max(row["date"] for row in rows) < "2021"
    assert all(row["source"].startswith("https://") for row in rows)
    whole = json.loads(hearth("timeline", "--json").out)
    assert len(whole) == len(releases())


def test_what_is_piped_has_one_row_for_each_release(hearth: Hearth) -> None:
    lines = hearth("timeline").out.splitlines()
    assert len(lines) == len(releases()) + 1


def test_a_selection_may_be_empty(hearth: Hearth) -> None:
    result = hearth("timeline", "--publisher", "anthropic", "--open")
    assert (result.status, result.out) == (0, "")
    assert "No release" in result.err


@pytest.mark.parametrize(
    ("words", "status", "problem"),
    [
        (("--since", "yesterday"), 2, "--since 'yesterday' is no date"),
        (("--publisher", "nobody"), 1, "No publisher in the catalogue is called 'nobody'"),
        (("--family", "nobody"), 1, "no family 'nobody'"),
    ],
)
def test_what_cannot_be_selected(
    hearth: Hearth, words: tuple[str, ...], status: int, problem: str
) -> None:
    result = hearth("timeline", *words)
    assert result.status == status
    assert problem in result.err
    assert "Hint: " in result.err


def test_sizes_say_what_they_need(hearth: Hearth) -> None:
    shown = hearth("sizes").out
    for word in ("tiny", "enterprise", "8 GB", "16 bits"):
        assert word in shown
    classes = json.loads(hearth("sizes", "--json").out)
    assert classes[0]["max_parameters"] < classes[1]["max_parameters"]
    assert classes[-1]["max_parameters"] is None


@pytest.mark.parametrize("columns", [46, 130])
def test_a_terminal_shows_every_release_under_its_year(columns: int) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    own, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    command = [sys.executable, "-m", "hearth", "timeline"]
    process = subprocess.Popen(command, env=environment, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", read_to_end(own))
    assert process.wait(30) == 0
    lines = [line.rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= columns
    text = " ".join(" ".join(lines).split())
    missing = [row.name for row in releases() if row.name[:20] not in text]
    assert missing == []
    assert "● open ○ closed" in text
