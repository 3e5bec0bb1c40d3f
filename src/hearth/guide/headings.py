"""The headings of the newcomers' FAQ that this guide grew out of, and the topic that answers each.

Two states of that FAQ are kept, as headings alone: half of them stood there without an answer. The
guide has one for every heading, and a test that says so.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of the FAQ.

    Args:
        document: In which state of it: "longer" or "shorter".
        depth: 1 for the document's own titles, 2 for chapters, 3 and 4 below them.
        text: As it stands there; one of them has no words.
        topic: Id of the topic that answers it.
    """

    document: str
    depth: int
    text: str
    topic: str


@functools.cache
def headings() -> tuple[Heading, ...]:
    """Return all headings of both states, each state in its own order."""
    text = resources.files("hearth.guide").joinpath("headings.toml").read_text("utf-8")
    return tuple(
        Heading(document=document["name"], **row)
        for document in tomllib.loads(text)["document"]
        for row in document["headings"]
    )
