"""Pieces of HTML from `parts/*.html`, with every value escaped unless it is known to be safe."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from hearth.guide import topics
from hearth.web import figures
from hearth.web.places import Place, places_of


def part(name: str, /, **values: object) -> Markup:
    """Render one part; a value that is not given is an error, not an empty place."""
    return Markup(_environment().get_template(f"{name}.html").render(**values))


def icon(name: str) -> Markup:
    """Return a drawing of `static/icons.svg`; it says nothing to a screen reader."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="#i-{}"></use></svg>').format(
        name
    )


def topic_address(topic_id: str) -> str:
    """Return the address of a topic of the guide."""
    return places_of("guide").address(Place(view="topic", subject=topic_id))


def path_address(path_id: str) -> str:
    """Return the address of a path through the guide."""
    return places_of("guide").address(Place(view="paths", subject=path_id))


def term(topic_id: str, words: str) -> Markup:
    """Return words that lead to a topic of the guide, and show its first sentence before.

    Raises:
        KeyError: There is no such topic.
    """
    return Markup('<a class="term" href="{}" data-says="{}">{}</a>').format(
        topic_address(topic_id), _summaries()[topic_id], words
    )


def termed(words: str) -> Markup:
    """Return words as a link to the topic of the guide that is called so, or else as they are."""
    topic_id = _ids().get(words.casefold())
    return term(topic_id, words) if topic_id else escape(words)


@cache
def _summaries() -> dict[str, str]:
    return {topic.id: topic.summary for topic in topics()}


@cache
def _ids() -> dict[str, str]:
    return {name.casefold(): topic.id for topic in topics() for name in topic.names}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(files("hearth.web").joinpath("parts"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        icon=icon, term=term, topic_address=topic_address, path_address=path_address
    )
    environment.filters.update(
        termed=termed,
        size=figures.size,
        seconds=figures.seconds,
        rate=figures.rate,
        count=figures.count,
        percent=figures.percent,
        sentence=figures.sentence,
    )
    return environment
