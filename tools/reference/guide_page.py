"""The map of the guide: which topic answers which heading of the FAQ that it grew out of."""

from __future__ import annotations

from markdown import code, page, table

from hearth.guide import Topic, path_to, topics
from hearth.guide.headings import Heading, headings

INTRODUCTION = """\
Hearth's guide grew out of a newcomers' FAQ of which half the headings had no answer. Two states of
it are kept here as headings alone, each with the topic that answers it; `hearth guide TOPIC` shows
one. A test fails where a heading has no topic, and where a topic lacks sources, a demonstration or
the reason for having none, or was not checked for a year.
"""
HEADINGS = ("heading", "topic", "seen here")
TOPICS = ("topic", "title", "level", "sources", "seen here", "checked")


def render() -> str:
    """Return the page."""
    by_id = {topic.id: topic for topic in topics()}
    parts = [INTRODUCTION]
    for name in dict.fromkeys(one.document for one in headings()):
        rows = [_heading_row(one, by_id) for one in headings() if one.document == name]
        parts += [f"\n## The {name} state\n", table(HEADINGS, rows)]
    parts += ["\n## All topics\n", table(TOPICS, map(_topic_row, topics()))]
    return page("Map of the guide", *parts)


def _heading_row(heading: Heading, by_id: dict[str, Topic]) -> list[str]:
    text = "· " * (heading.depth - 1) + (heading.text or "(no words)")
    return [text, code(heading.topic), _seen(by_id[heading.topic])]


def _topic_row(topic: Topic) -> list[str]:
    name = "· " * (len(path_to(topic)) - 1) + code(topic.id)
    rest = [topic.level, str(len(topic.sources)), _seen(topic), topic.checked.isoformat()]
    return [name, topic.title, *rest]


def _seen(topic: Topic) -> str:
    return code(topic.demonstration) if topic.demonstration else topic.no_demonstration or ""
