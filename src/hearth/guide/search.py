"""Finds topics by any words: SQLite's full-text index over names and answers, ranked by bm25.

Names and answers are two tables. A name is a row of its own, so that bm25, which favours short rows
that match whole, ranks a topic that is called so above one that merely mentions it. Words that no
topic has are taken for the nearest one that some topic has, and everyday words stand for the jargon
that `thesaurus.toml` gives them.

Source of the ranking: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond" (2009), as FTS5 computes it (https://sqlite.org/fts5.html).
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hearth.errors import InvalidRequest, SetupError
from hearth.guide.contents import topics
from hearth.guide.thesaurus import thesaurus
from hearth.guide.topic import Topic

MAX_QUERY_CHARS = 500
MAX_WORDS = 24
DEFAULT_LIMIT = 8
NAME_WEIGHT = 2.0  # of the best name, against the answer
MEANING_WEIGHT = 0.5  # of what everyday words stand for, against what was said
CALLED_BONUS = 4.0  # for each word of a name that stands whole in the question
NEARLY = 0.72  # difflib's ratio from which a word counts as misspelt
MIN_CORRECTED_CHARS = 4  # shorter words are near too many others

_RANKED = "SELECT topic, bm25({table}) FROM {table} WHERE {table} MATCH ?"
_WORD = re.compile(r"[^\W_]+(?:[._/+-][^\W_]+)*", re.UNICODE)
_PARTS = re.compile(r"[._/+-]")
_MARKUP = re.compile(r"\]\([^)]*\)|[`*\[\]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A topic that fits.

    Args:
        score: The higher the better; comparable within one search alone.
    """

    topic: Topic
    score: float


def search(text: str, *, limit: int = DEFAULT_LIMIT) -> tuple[Hit, ...]:
    """Return the topics that fit some words or a question, the best first.

    Args:
        text: At most 500 characters, misspelt or not.
        limit: Most topics.

    Raises:
        InvalidRequest: The text is too long.
        SetupError: This Python's SQLite was built without full-text search.
    """
    if len(text) > MAX_QUERY_CHARS:
        raise InvalidRequest(
            f"The search has {len(text)} characters; at most {MAX_QUERY_CHARS} are read.",
            param="query",
        )
    spelt = [_spelt(word) for word in _words(text)][:MAX_WORDS]
    scores = _scores(spelt)
    by_id = {topic.id: topic for topic in topics()}
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    return tuple(Hit(topic=by_id[name], score=score) for name, score in ranked[:limit])


def telling_words(text: str) -> list[str]:
    """Return the words of a text that tell what it is about, in lower case."""
    return [word for word in _words(text) if word not in thesaurus().fillers]


def plain_text(topic: Topic) -> str:
    """Return a topic's answer as text, without marks and addresses."""
    return " ".join(_MARKUP.sub("", topic.answer).split())


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("'", ""))


def _spelt(word: str) -> str:
    """Return a word as some topic has it, or the thesaurus; itself if none is near."""
    known = _vocabulary()
    if word in known or len(word) < MIN_CORRECTED_CHARS or word.isdigit():
        return word
    near = difflib.get_close_matches(word, known, n=1, cutoff=NEARLY)
    return near[0] if near else word


def _scores(words: Sequence[str]) -> dict[str, float]:
    """Return the score of every topic that some words, well spelt, lead to."""
    said = [word for word in words if word not in thesaurus().fillers]
    meanings = thesaurus().meanings
    meant = [each for word in said for each in meanings.get(word, ()) if each not in said]
    scores: dict[str, float] = {}
    with _opened() as index:
        for part, weight in ((said, 1.0), (meant, MEANING_WEIGHT)):
            for topic, score in _ranked(index, part):
                scores[topic] = scores.get(topic, 0.0) + weight * score
    for topic, num_words in _called(words):
        scores[topic] = scores.get(topic, 0.0) + CALLED_BONUS * num_words
    return scores


def _ranked(index: sqlite3.Connection, words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield topics that have one of the words: the score of the best name, and of the answer."""
    if not words:
        return
    query = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
    named: dict[str, float] = {}
    # bm25 is negative, and the lower the better.
    for topic, score in index.execute(_RANKED.format(table="names"), (query,)):
        named[topic] = max(named.get(topic, 0.0), -score)
    yield from ((topic, NAME_WEIGHT * score) for topic, score in named.items())
    for topic, score in index.execute(_RANKED.format(table="answers"), (query,)):
        yield topic, -score


def _called(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each topic that is called by a name or phrase, with the words of the longest."""
    text = f" {' '.join(words)} "
    for topic in topics():
        phrases = [each for each, meant in thesaurus().phrases.items() if meant == topic.id]
        names = [_words(name) for name in (*topic.names, *phrases)]
        lengths = [len(name) for name in names if f" {' '.join(name)} " in text]
        if lengths:
            yield topic.id, max(lengths)


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(_index())
        yield connection


@functools.cache
def _index() -> bytes:
    """Return the index as SQLite writes it, which every search opens for itself."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        try:
            for table in ("names", "answers"):
                connection.execute(
                    f"CREATE VIRTUAL TABLE {table} "
                    "USING fts5(text, topic UNINDEXED, tokenize = 'porter unicode61')"
                )
        except sqlite3.OperationalError as error:
            raise SetupError(
                f"The guide cannot be searched: this Python's SQLite says {error}.",
                hint="`hearth guide` lists the topics; another build of Python has the search.",
            ) from error
        for topic in topics():
            rows = [(name.replace("-", " "), topic.id) for name in topic.names]
            connection.executemany("INSERT INTO names (text, topic) VALUES (?, ?)", rows)
            connection.execute(
                "INSERT INTO answers (text, topic) VALUES (?, ?)", (plain_text(topic), topic.id)
            )
        connection.commit()
        return connection.serialize()


@functools.cache
def _vocabulary() -> dict[str, None]:
    """Return all words that somebody may spell right, in the order of letters.

    They are those of the topics and of the thesaurus.
    """
    texts = [text for topic in topics() for text in (*topic.names, plain_text(topic))]
    words = {word for text in texts for word in _words(text)}
    parts = {part for word in words for part in _PARTS.split(word)}
    return dict.fromkeys(sorted(words | parts | thesaurus().words))
