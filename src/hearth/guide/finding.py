"""Finds the topic that somebody means, whatever they call it and however they spell it.

What is asked for and every name of every topic are reduced to their telling words. The same words
are the topic itself; words that are all in one topic's names, and names that are nearly spelt so,
are a guess, and the answer says so. Among several that fit equally nothing is guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from hearth.errors import NotFound
from hearth.guide.contents import topics
from hearth.guide.topic import Topic

NEARLY = 0.8  # difflib's ratio from which a name counts as misspelt
_RELATED = 0.55  # and from which it is worth naming as a suggestion
_MAX_SUGGESTIONS = 3
_FILLERS = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "do",
        "does",
        "for",
        "how",
        "i",
        "in",
        "is",
        "it",
        "llm",
        "llms",
        "me",
    }
    | {"model", "models", "my", "of", "on", "or", "own", "the", "to", "what", "whats", "with"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A topic, and whether it was asked for by one of its names or is only the nearest."""

    topic: Topic
    exact: bool


def find(name: str) -> Found:
    """Return the topic that is called so, or the one that must be meant.

    Args:
        name: An id, a title or another name, in any case, misspelt or not whole.

    Raises:
        NotFound: No topic is near, or several are equally.
    """
    wanted = name.strip().casefold()
    for topic in topics():
        if wanted in (one.casefold() for one in topic.names):
            return Found(topic=topic, exact=True)
    telling = _telling(name)
    steps = (_called(telling), _containing(telling), _misspelt(telling))
    for exact, candidates in zip((True, False, False), steps, strict=True):
        if len(candidates) == 1:
            return Found(topic=candidates[0], exact=exact)
        if candidates:
            raise NotFound(f"Several topics fit {name!r}.", hint=_try(candidates))
    raise NotFound(f"There is no topic {name!r} in the guide.", hint=_try(_related(telling)))


def _telling(text: str) -> str:
    """Return the words that tell topics apart, in the singular; all words if none does."""
    words = re.findall(r"[a-z0-9]+", text.casefold().replace("'", ""))
    kept = [word for word in words if word not in _FILLERS] or words
    return " ".join(word.removesuffix("s") if len(word) > 3 else word for word in kept)


def _called(telling: str) -> list[Topic]:
    return [topic for topic in topics() if telling in map(_telling, topic.names)]


def _containing(telling: str) -> list[Topic]:
    words = set(telling.split())
    return [
        topic
        for topic in topics()
        if words and any(words <= set(_telling(name).split()) for name in topic.names)
    ]


def _misspelt(telling: str) -> list[Topic]:
    ratios = {topic: _likeness(telling, topic) for topic in topics()}
    best = max(ratios.values())
    return [topic for topic, ratio in ratios.items() if ratio == best >= NEARLY]


def _related(telling: str) -> list[Topic]:
    ranked = sorted(topics(), key=lambda topic: -_likeness(telling, topic))
    return [t for t in ranked[:_MAX_SUGGESTIONS] if _likeness(telling, t) >= _RELATED]


def _likeness(telling: str, topic: Topic) -> float:
    return max(
        difflib.SequenceMatcher(None, telling, _telling(name)).ratio() for name in topic.names
    )


def _try(candidates: Iterable[Topic]) -> str:
    commands = [f"`hearth guide {topic.id}`" for topic in candidates]
    return f"Try {' or '.join(commands)}." if commands else "`hearth guide` shows them all."
