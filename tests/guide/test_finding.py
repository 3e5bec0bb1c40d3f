"""A topic is found by what people call it and how they spell it, and nothing is guessed blindly."""

from __future__ import annotations

import pytest

from hearth.errors import NotFound
from hearth.guide import find, topics

EXACT = [
    ("context", "context"),
    ("CTX", "context"),
    ("What is an LLM?", "what-is-an-llm"),
    ("what is a large language model", "what-is-an-llm"),
    ("Q4_K_M", "quantization"),
    ("chat templates", "prompt-and-template"),
    ("tok/s", "performance"),
    ("the laws of physics", "laws-of-physics"),
    ("Merge", "merged-model"),
    ("merged models", "merged-model"),
]
NEAR = [
    ("quantizaton", "quantization"),
    ("safetensor", "formats"),
    ("tokeniser", "tokens"),
    ("requirments", "required-at-home"),
    ("stranger", "someone-elses-files"),
    ("without internet access", "without-internet"),
    ("frontends", "front-end"),
]


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.id)
def test_each_of_its_names_is_the_topic(topic: object) -> None:
    for name in topic.names:  # type: ignore[attr-defined]
        found = find(f" {name.upper()} ")
        assert (found.topic, found.exact) == (topic, True)


@pytest.mark.parametrize(("name", "topic"), EXACT)
def test_small_words_and_plurals_do_not_matter(name: str, topic: str) -> None:
    found = find(name)
    assert (found.topic.id, found.exact) == (topic, True)


@pytest.mark.parametrize(("name", "topic"), NEAR)
def test_a_misspelt_name_is_found(name: str, topic: str) -> None:
    assert find(name).topic.id == topic


@pytest.mark.parametrize("name", ["zebra crossing", "", "?", "🦊", "the", "x" * 5000])
def test_nothing_is_guessed(name: str) -> None:
    with pytest.raises(NotFound, match="no topic") as missing:
        find(name)
    assert "`hearth guide" in str(missing.value.hint)


def test_several_that_fit_are_all_named() -> None:
    with pytest.raises(NotFound, match="Several topics fit") as missing:
        find("system")
    assert str(missing.value.hint).count("`hearth guide ") >= 2
