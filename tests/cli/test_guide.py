"""`hearth guide`: the tree, a topic for people and for programs, and what is not there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

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
