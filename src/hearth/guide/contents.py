"""All topics in their reading order, read once, and how they hang together."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources

from hearth.guide.reading import BadTopic, read_topic
from hearth.guide.topic import Topic

_FILE_NAME = re.compile(r"[0-9]{3}-(?P<id>[a-z0-9-]+)\.md")


@functools.cache
def topics() -> tuple[Topic, ...]:
    """Return all topics in their reading order, each after the one that it belongs to."""
    folder = resources.files("hearth.guide").joinpath("topics")
    return read_all({file.name: file.read_text("utf-8") for file in folder.iterdir()})


def children(parent: str | None) -> tuple[Topic, ...]:
    """Return the topics directly below one, in order; the chapters for None."""
    return tuple(topic for topic in topics() if topic.parent == parent)


def path_to(topic: Topic) -> tuple[Topic, ...]:
    """Return the topics above one, the chapter first, and itself last."""
    if topic.parent is None:
        return (topic,)
    by_id = {one.id: one for one in topics()}
    return (*path_to(by_id[topic.parent]), topic)


def read_all(files: Mapping[str, str]) -> tuple[Topic, ...]:
    """Read topics that belong together.

    Args:
        files: The text of each file by its name, `NNN-id.md`; the numbers give the order.

    Raises:
        BadTopic: A file breaks the rules, two share a name, or a parent is not there before.
    """
    found: dict[str, Topic] = {}
    for name in sorted(files):
        topic = read_topic(files[name], name)
        named = _FILE_NAME.fullmatch(name)
        if named is None or named["id"] != topic.id:
            raise BadTopic(f"{name}: the file of {topic.id!r} is called `NNN-{topic.id}.md`")
        if topic.id in found:
            raise BadTopic(f"{name}: there is another topic {topic.id!r}")
        if topic.parent is not None and topic.parent not in found:
            raise BadTopic(f"{name}: no topic before it is its parent {topic.parent!r}")
        found[topic.id] = topic
    _check_names(found)
    return tuple(found.values())


def _check_names(found: Mapping[str, Topic]) -> None:
    owners: dict[str, str] = {}
    for topic in found.values():
        for name in topic.names:
            owner = owners.setdefault(name.casefold(), topic.id)
            if owner != topic.id:
                raise BadTopic(f"the topics {owner!r} and {topic.id!r} are both called {name!r}")
