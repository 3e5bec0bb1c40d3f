"""`hearth guide`: the tree, a topic for people and for programs, and what is not there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hearth.guide import topics
from support.command import Hearth
from support.terminal import read_to_end


def test_the_tree_has_every_topic(hearth: Hearth) -> None:
    shown = hearth("guide")
    assert shown.status == 0
    assert all(topic.id in shown.out and topic.title in shown.out for topic in topics())
    assert f"{len(topics())} topics" in shown.err
    rows = json.loads(hearth("guide", "--json").out)
    assert [row["id"] for row in rows] == [topic.id for topic in topics()]


def test_what_is_piped_is_markdown(hearth: Hearth) -> None:
    shown = hearth("guide", "context")
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.startswith("# Context\n")
    assert "```sh\nhearth models show starter\n" in shown.out
    assert "(https://arxiv.org/abs/2307.03172)" in shown.out


def test_a_topic_as_data(hearth: Hearth) -> None:
    data = json.loads(hearth("guide", "ctx", "--json").out)
    assert (data["id"], data["parent"]) == ("context", "basic-terms")
    assert len(data["sources"]) >= 2
    assert all(line.startswith("hearth ") for line in data["commands"])


def test_several_words_need_no_quotes(hearth: Hearth) -> None:
    assert hearth("guide", "what", "is", "an", "LLM?").out.startswith("# What is an LLM?\n")


def test_a_guess_says_that_it_is_one(hearth: Hearth) -> None:
    shown = hearth("guide", "quantizaton")
    assert shown.out.startswith("# LLM quantization\n")
    assert "No topic is called 'quantizaton'" in shown.err


def test_an_unknown_topic_is_answered_with_what_to_type(hearth: Hearth) -> None:
    result = hearth("guide", "zebra", "crossing")
    assert (result.status, result.out) == (1, "")
    assert "Hint: `hearth guide` shows them all." in result.err


def test_a_search_lists_what_fits(hearth: Hearth) -> None:
    shown = hearth("guide", "--search", "too slow on my laptop")
    assert shown.status == 0
    assert shown.out.startswith("1. ")
    assert "topics fit" in shown.err
    rows = json.loads(hearth("guide", "--search", "Q4_K_M", "--json").out)
    assert rows[0]["id"] == "quantization"
    assert rows[0]["score"] >= rows[1]["score"] > 0


def test_a_search_that_finds_nothing(hearth: Hearth) -> None:
    shown = hearth("guide", "--search", "zzzz")
    assert (shown.status, shown.out) == (0, "")
    assert "0 topics fit" in shown.err


def test_what_there_is_to_see_is_listed(hearth: Hearth) -> None:
    assert "memory-hierarchy" in hearth("guide", "--demos").out
    assert "claim-refuted" in json.loads(hearth("guide", "--demos", "--json").out)


def test_a_topic_is_shown_on_this_machine(hearth: Hearth) -> None:
    shown = hearth("guide", "claim-refuted", "--demo")
    assert shown.status == 0
    assert "DOES NOT HOLD" in shown.out
    assert "least time of a pass" in shown.out
    data = json.loads(hearth("guide", "claim-refuted", "--demo", "--json").out)
    assert [part["kind"] for part in data["parts"]] == ["verdict", "verdict"]


@pytest.mark.tiny
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tokens", "One sentence"),
        ("temperature", "Temperature 0.3"),
        ("context", "tokens over turn"),
        ("tensor", "How they are spread"),
    ],
)
def test_every_kind_of_part_is_drawn(
    hearth: Hearth, pico_path: Path, name: str, words: str
) -> None:
    shown = hearth("guide", name, "--demo", "--model", str(pico_path))
    assert shown.status == 0, shown.err
    assert words in shown.out
    assert f"{name}: seen 20" in shown.err


def test_a_topic_with_nothing_to_see_says_why(hearth: Hearth) -> None:
    topic = next(each for each in topics() if each.demonstration is None)
    shown = hearth("guide", topic.id, "--demo")
    assert (shown.status, shown.out) == (1, "")
    assert str(topic.no_demonstration) in shown.err


@pytest.mark.parametrize(
    "words", [("context", "--search", "x"), ("--demo",), ("--demos", "--search", "x")]
)
def test_two_questions_at_once_are_refused(hearth: Hearth, words: tuple[str, ...]) -> None:
    shown = hearth("guide", *words)
    assert (shown.status, shown.out) == (2, "")
    assert "three questions" in shown.err


@pytest.mark.parametrize("columns", [40, 120])
def test_a_terminal_gets_a_page_that_fits(columns: int) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    own, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    command = [sys.executable, "-m", "hearth", "guide", "context"]
    process = subprocess.Popen(command, env=environment, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", read_to_end(own))
    assert process.wait(30) == 0
    lines = [line.rstrip() for line in shown.splitlines() if "https://" not in line]
    assert max(map(len, lines)) <= columns
    assert "Basic terms" in shown
    assert "Try it" in shown
    assert "https://arxiv.org/abs/2307.03172" in shown  # never folded: it can be clicked or copied
    assert "```" not in shown
