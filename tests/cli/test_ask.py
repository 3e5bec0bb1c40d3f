"""`hearth ask`: the topics first, then a model's answer with what each sentence rests on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Hearth
from support.pico import write_pico

QUESTION = ("what", "does", "Q4_K_M", "mean?")


@pytest.fixture(scope="module")
def long_pico(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model that reads a token for nearly each letter of two topics."""
    return write_pico(tmp_path_factory.mktemp("long") / "pico.gguf", context=8192)


def test_the_topics_alone(hearth: Hearth) -> None:
    shown = hearth("ask", "--topics", *QUESTION)
    assert shown.status == 0
    assert shown.out.startswith("1. LLM quantization")
    assert len([line for line in shown.out.splitlines() if line[:2] in ("1.", "2.", "3.")]) == 3
    assert "`hearth guide TOPIC`" in shown.err


def test_the_topics_as_data(hearth: Hearth) -> None:
    data = json.loads(hearth("ask", "--topics", "--json", *QUESTION).out)
    assert data["question"] == "what does Q4_K_M mean?"
    assert data["topics"][0]["id"] == "quantization"
    assert data["answer"] == []


def test_no_topic_fits(hearth: Hearth) -> None:
    shown = hearth("ask", "zzzz qqqq")
    assert (shown.status, shown.out) == (1, "")
    assert "No topic of the guide fits" in shown.err
    assert "hearth prompt" in shown.err


@pytest.mark.tiny
def test_each_sentence_says_what_it_rests_on(hearth: Hearth, long_pico: Path) -> None:
    data = json.loads(hearth("ask", "--json", "-m", str(long_pico), *QUESTION).out)
    known = {topic["id"] for topic in data["topics"]} | {None}
    assert data["answer"]
    assert {sentence["topic"] for sentence in data["answer"]} <= known


@pytest.mark.tiny
def test_the_topics_come_first(hearth: Hearth, long_pico: Path) -> None:
    shown = hearth("ask", "-m", str(long_pico), *QUESTION)
    assert shown.status == 0
    assert shown.out.index("LLM quantization") < shown.out.index("says, from these topics")
    assert "[no topic says this]" in shown.out  # random weights rest on nothing
