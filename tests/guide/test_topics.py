"""The topics themselves: their sources, their age, and the commands that they tell to type."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import typer

from hearth.errors import InvalidRequest
from hearth.guide import Topic, children, path_to, topics
from hearth.guide.demonstrations import names
from hearth.guide.reading import count_words
from support.command_line import parse

ALL = pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.id)


@ALL
def test_its_commands_exist(topic: Topic) -> None:
    for line in topic.commands:
        parse(line)


@ALL
def test_it_was_checked_within_a_year(topic: Topic) -> None:
    today = date.today()
    assert today - timedelta(days=366) <= topic.checked <= today + timedelta(days=1)


@ALL
def test_its_answer_is_no_stub(topic: Topic) -> None:
    assert count_words(topic.answer) >= 60
    assert all(2 <= len(source.title) <= 100 for source in topic.sources)
    assert "TODO" not in topic.answer + topic.try_it


@ALL
def test_what_shows_it_exists_or_the_reason_is_a_sentence(topic: Topic) -> None:
    if topic.demonstration:
        assert topic.demonstration in names()
    else:
        assert re.fullmatch(r"[A-Z].{15,}\.", topic.no_demonstration or "")


def test_no_demonstration_is_without_a_topic() -> None:
    assert set(names()) <= {topic.demonstration for topic in topics()}


@ALL
def test_its_first_sentence_stands_alone(topic: Topic) -> None:
    assert 6 <= len(topic.summary.split()) <= 40
    assert topic.summary.endswith((".", ":"))


def test_an_address_has_the_same_title_everywhere() -> None:
    titles: dict[str, set[str]] = {}
    for topic in topics():
        for source in topic.sources:
            titles.setdefault(source.url, set()).add(source.title)
    assert [names for names in titles.values() if len(names) > 1] == []


def test_every_topic_hangs_in_the_tree() -> None:
    def below(parent: str | None) -> list[str]:
        return [name for one in children(parent) for name in (one.id, *below(one.id))]

    assert below(None) == [topic.id for topic in topics()]
    by_id = {topic.id: topic for topic in topics()}
    path = path_to(by_id["context"])
    assert [one.id for one in path] == ["basic-terms", "context"]


@pytest.mark.parametrize(
    "line", ["hearth modles list", "hearth models sohw", "hearth next --topp 3"]
)
def test_a_command_that_does_not_exist_is_seen(line: str) -> None:
    with pytest.raises((InvalidRequest, typer.TyperException)):
        parse(line)
