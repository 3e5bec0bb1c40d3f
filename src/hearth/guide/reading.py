"""Reads a topic from its file, strictly: a field that is wrong is an error, not a gap.

    ---
    id: context
    parent: basic-terms            (left out for a chapter)
    title: Context
    other_names: [context window, ctx]
    level: basic
    sources:
      - title: "Lost in the Middle"
        url: https://arxiv.org/abs/2307.03172
    checked: 2026-11-22
    demonstration: context-filling (or `no_demonstration`, a sentence that says why there is none)
    ---
    The answer, in at most 150 words, without headings.

    ## Try it

    A sentence, and at least one command in a fenced block of `sh`.

The list "More" is drawn from `sources`, so that no address is written twice. The files are part of
Hearth: an error in one is Hearth's own, and names the file and what is allowed there.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, get_args
from urllib.parse import urlsplit

import yaml

from hearth.guide.topic import Level, Source, Topic

MAX_WORDS = 150
MIN_SOURCES, MAX_SOURCES = 2, 4
TRY_IT = "## Try it"

_FILE = re.compile(r"---\n(?P<front>.*?)\n---\n(?P<body>.*)", re.DOTALL)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HEADING = re.compile(r"^#", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_REQUIRED = {"id", "title", "level", "sources", "checked"}
_OPTIONAL = {"parent", "other_names", "demonstration", "no_demonstration"}


class BadTopic(ValueError):
    """A topic's file breaks the rules."""


def read_topic(text: str, where: str) -> Topic:
    """Read a topic.

    Args:
        text: The whole file.
        where: Name of the file, for errors.

    Raises:
        BadTopic: The file breaks the rules.
    """
    try:
        return _topic(text)
    except BadTopic as error:
        raise BadTopic(f"{where}: {error}") from error


def count_words(markdown: str) -> int:
    """Return how many words a reader of this Markdown reads; addresses of links are not read."""
    return len(re.sub(r"\]\([^)]*\)", "]", markdown).split())


def _topic(text: str) -> Topic:
    found = _FILE.fullmatch(text)
    if found is None:
        raise BadTopic("it has to begin with front matter between two lines of `---`")
    front = _front_matter(found["front"])
    answer, try_it = _parts(found["body"])
    return Topic(
        id=_word(front, "id"),
        parent=_word(front, "parent") if "parent" in front else None,
        title=_text(front["title"], "title"),
        other_names=tuple(_text(name, "other_names") for name in _names(front)),
        level=_level(front["level"]),
        sources=_sources(front["sources"]),
        checked=_day(front["checked"]),
        answer=answer,
        try_it=try_it,
        commands=_commands(try_it),
        demonstration=_word(front, "demonstration") if "demonstration" in front else None,
        no_demonstration=_reason_for_none(front),
    )


def _front_matter(text: str) -> dict[str, Any]:
    try:
        front = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a ValueError: a day that no month has
        raise BadTopic(f"the front matter is no YAML: {error}") from error
    if not isinstance(front, dict):
        raise BadTopic("the front matter has to be fields with values")
    if missing := _REQUIRED - front.keys():
        raise BadTopic(f"the front matter lacks {', '.join(sorted(missing))}")
    if unknown := front.keys() - _REQUIRED - _OPTIONAL:
        allowed = ", ".join(sorted(_REQUIRED | _OPTIONAL))
        raise BadTopic(
            f"the front matter has {', '.join(sorted(map(str, unknown)))}; allowed: {allowed}"
        )
    return front


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadTopic(f"`{field}` has {value!r}, which is no text; quotes make it one")
    return value.strip()


def _word(front: dict[str, Any], field: str) -> str:
    word = _text(front[field], field)
    if not _ID.fullmatch(word):
        raise BadTopic(f"`{field}` is {word!r}; allowed are lower-case words joined by hyphens")
    return word


def _reason_for_none(front: dict[str, Any]) -> str | None:
    if ("demonstration" in front) == ("no_demonstration" in front):
        raise BadTopic("a topic has either a `demonstration` or `no_demonstration`, the reason why")
    if "demonstration" in front:
        return None
    return _text(front["no_demonstration"], "no_demonstration")


def _names(front: dict[str, Any]) -> list[object]:
    names = front.get("other_names", [])
    if not isinstance(names, list):
        raise BadTopic("`other_names` has to be a list")
    return names


def _level(value: object) -> Level:
    levels: tuple[Level, ...] = get_args(Level)
    if value not in levels:
        raise BadTopic(f"`level` is {value!r}; allowed are {', '.join(levels)}")
    return levels[levels.index(value)]


def _day(value: object) -> date:
    if type(value) is not date:  # a datetime is a date too
        raise BadTopic(f"`checked` is {value!r}; a day is written like 2026-11-22")
    return value


def _sources(value: object) -> tuple[Source, ...]:
    if not isinstance(value, list) or not MIN_SOURCES <= len(value) <= MAX_SOURCES:
        raise BadTopic(f"`sources` has to be a list of {MIN_SOURCES} to {MAX_SOURCES}")
    sources = tuple(_source(each) for each in value)
    if len({source.url for source in sources}) < len(sources):
        raise BadTopic("`sources` names an address twice")
    return sources


def _source(value: object) -> Source:
    if not isinstance(value, dict) or value.keys() != {"title", "url"}:
        raise BadTopic(f"each of `sources` has a title and a url, and nothing else: {value!r}")
    url = _text(value["url"], "url")
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname or re.search(r"[\s()]", url):
        raise BadTopic(f"the source {url!r} is no https address")
    return Source(title=_text(value["title"], "title"), url=url)


def _parts(body: str) -> tuple[str, str]:
    answer, heading, try_it = body.partition(f"\n{TRY_IT}\n")
    answer, try_it = answer.strip(), try_it.strip()
    if not heading or not try_it:
        raise BadTopic(f"a section `{TRY_IT}` has to follow the answer")
    if _HEADING.search(answer) or _HEADING.search(_BLOCK.sub("", try_it)):
        raise BadTopic(f"`{TRY_IT}` is the only heading that a topic has")
    if not answer:
        raise BadTopic("there is no answer")
    if (words := count_words(answer)) > MAX_WORDS:
        raise BadTopic(f"the answer has {words} words; at most {MAX_WORDS} are allowed")
    return answer, try_it


def _commands(try_it: str) -> tuple[str, ...]:
    lines = [line for block in _BLOCK.findall(try_it) for line in block.splitlines() if line]
    if not lines:
        raise BadTopic(f"`{TRY_IT}` has no command in a fenced block of `sh`")
    for line in lines:
        if not line.startswith("hearth "):
            raise BadTopic(
                f"{line!r} is no command of Hearth's; each line has to begin with `hearth`"
            )
    return tuple(lines)
