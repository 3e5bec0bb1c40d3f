"""Pieces of HTML from `parts/*.html`, with every value escaped unless it is known to be safe."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hearth.web import figures


def part(name: str, /, **values: object) -> Markup:
    """Render one part; a value that is not given is an error, not an empty place."""
    return Markup(_environment().get_template(f"{name}.html").render(**values))


def icon(name: str) -> Markup:
    """Return a drawing of `static/icons.svg`; it says nothing to a screen reader."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="#i-{}"></use></svg>').format(
        name
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(files("hearth.web").joinpath("parts"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["icon"] = icon
    environment.filters.update(
        size=figures.size,
        seconds=figures.seconds,
        rate=figures.rate,
        count=figures.count,
        percent=figures.percent,
        sentence=figures.sentence,
    )
    return environment
