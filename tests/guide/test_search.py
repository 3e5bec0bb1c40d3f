"""The search finds the topic that is meant: measured on questions as people ask them."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest

from hearth.errors import InvalidRequest
from hearth.guide import topics
from hearth.guide.search import MAX_QUERY_CHARS, search

QUESTIONS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("questions.toml").read_text("utf-8")
)["questions"]
FIRST, AMONG_THREE = 0.90, 0.98


def found_at(question: str, topic: str) -> int | None:
    """Return the place, from 0 on, at which a question finds a topic."""
    ids = [hit.topic.id for hit in search(question)]
    return ids.index(topic) if topic in ids else None


def test_sixty_questions_find_their_topic() -> None:
    asked = [(question, topic) for topic, several in QUESTIONS.items() for question in several]
    assert (len(QUESTIONS), len(asked)) == (20, 60)
    places = {question: found_at(question, topic) for question, topic in asked}
    missed = {question: place for question, place in places.items() if place != 0}
    first = sum(place == 0 for place in places.values())
    among_three = sum(place is not None and place < 3 for place in places.values())
    assert first >= FIRST * len(asked), missed
    assert among_three >= AMONG_THREE * len(asked), missed


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.id)
def test_a_title_finds_its_topic(topic: object) -> None:
    place = found_at(topic.title, topic.id)  # type: ignore[attr-defined]
    assert place is not None
    assert place < 3


def test_the_thesaurus_leads_somewhere() -> None:
    path = resources.files("hearth.guide").joinpath("thesaurus.toml")
    table = tomllib.loads(path.read_text("utf-8"))
    assert set(table["phrases"].values()) <= {topic.id for topic in topics()}
    for word, meant in table["meanings"].items():
        assert all(search(each) for each in meant.split()), word


def test_hits_are_ranked() -> None:
    scores = [hit.score for hit in search("quantization", limit=5)]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)


@pytest.mark.parametrize("words", ["", "  ", "the of and", "?!", "🦊"])
def test_words_that_tell_nothing_find_nothing(words: str) -> None:
    assert search(words) == ()


@pytest.mark.parametrize(
    "words", ['"', "NEAR(", "a OR b", "*", "context AND", "col:x", "'; DROP TABLE names", "x" * 500]
)
def test_no_words_are_taken_for_a_command(words: str) -> None:
    assert isinstance(search(words), tuple)


def test_a_search_that_is_too_long() -> None:
    with pytest.raises(InvalidRequest, match="501 characters; at most 500"):
        search("x" * (MAX_QUERY_CHARS + 1))
