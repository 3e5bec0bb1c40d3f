"""A topic of the guide as HTML: the answer, what to try, where to read more, and what is next."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from hearth.guide import Topic, children, path_to, topics
from hearth.web.markdown.render import render_block
from hearth.web.parts import part


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A topic in the tree, with those below it.

    Args:
        is_open: Whether those below it are shown at first.
    """

    topic: Topic
    branches: tuple[Branch, ...]
    is_open: bool


def draw_topic(topic: Topic) -> Markup:
    """Return a topic's answer, where it stands, and what belongs to it."""
    return part(
        "guide_topic",
        topic=topic,
        above=path_to(topic)[:-1],
        below=children(topic.id),
        answer=render_block(topic.answer),
    )


def draw_more(topic: Topic) -> Markup:
    """Return what there is to try and to read about a topic, and the topics next to it."""
    around = topics()
    at = around.index(topic)
    return part(
        "guide_more",
        topic=topic,
        try_it=render_block(topic.try_it),
        sources=[(each, urlsplit(each.url).hostname) for each in topic.sources],
        checked=f"{topic.checked.day} {topic.checked:%B %Y}",
        before=around[at - 1] if at else None,
        after=around[at + 1] if at + 1 < len(around) else None,
    )


def tree(current: Topic | None, parent: str | None = None) -> tuple[Branch, ...]:
    """Return the tree of all topics below one, open where the current one stands."""
    opened = {one.id for one in path_to(current)} if current else set()
    return tuple(
        Branch(topic=topic, branches=tree(current, topic.id), is_open=topic.id in opened)
        for topic in children(parent)
    )
