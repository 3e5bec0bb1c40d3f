"""Leaks: questions that stand in the text a model was trained on.

A model that has read the questions is not asked what it knows but what it remembers. A question
counts as leaked when a run of its words stands in the training data word by word: thirteen of
them, or all of a shorter question. Case, punctuation and line breaks do not count.

What somebody else trained a model on is seldom known; what was fine-tuned here is.

Source: Brown et al. 2020, "Language Models are Few-Shot Learners", appendix C (13-gram overlap),
https://arxiv.org/abs/2005.14165
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth.errors import InvalidRequest

RUN = 13  # words
SHORTEST = 4  # a question of fewer words stands somewhere by chance
JSON_LINES = (".jsonl", ".ndjson")

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A question that stands in the training data.

    Args:
        place: Which question, counted from 0.
        run: The words that were found.
        file: Name of the file that they stand in.
    """

    place: int
    run: str
    file: str


def check_leaks(texts: Sequence[str], files: Sequence[Path]) -> tuple[Leak, ...]:
    """Return the texts that stand in files, each once, in the order of the texts.

    Args:
        texts: Questions.
        files: Plain text of any kind, or JSONL, of which every string is looked at. They are read
            line by line, so that they may be larger than the memory.

    Raises:
        InvalidRequest: A file cannot be read.
    """
    wanted = _runs(texts)
    lengths = sorted({len(run) for run in wanted})
    found: dict[int, Leak] = {}
    for path in files:
        for run in _found_in(path, wanted, lengths):
            for place in wanted[run]:
                found.setdefault(place, Leak(place=place, run=" ".join(run), file=path.name))
    return tuple(found[place] for place in sorted(found))


def _runs(texts: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
    """Return every run of words that would give a text away, with the texts that have it."""
    found: dict[tuple[str, ...], list[int]] = {}
    for place, text in enumerate(texts):
        words = _words(text)
        if len(words) < SHORTEST:
            continue
        length = min(RUN, len(words))
        for begin in range(len(words) - length + 1):
            found.setdefault(tuple(words[begin : begin + length]), []).append(place)
    return found


def _found_in(
    path: Path, wanted: dict[tuple[str, ...], list[int]], lengths: Sequence[int]
) -> Iterator[tuple[str, ...]]:
    for document in _documents(path):
        last: deque[str] = deque(maxlen=RUN)
        for word in document:
            last.append(word)
            for length in lengths:
                run = tuple(last)[-length:]
                if len(run) == length and run in wanted:
                    yield run


def _documents(path: Path) -> Iterator[Iterable[str]]:
    """Yield the words of each document in a file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            if path.suffix.lower() in JSON_LINES:
                for line in file:
                    yield from map(_words, _strings(_parsed(line)))
            else:
                yield (word for line in file for word in _words(line))
    except OSError as error:
        raise InvalidRequest(
            f"{path.name} cannot be read: {error.strerror}.", param="training_data"
        ) from error


def _parsed(line: str) -> Any:
    """Return a line's JSON; a line that is none is looked at as text."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _strings(value: Any) -> Iterator[str]:
    """Yield every string of JSON data, however deep."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += reversed(each.values())
        elif isinstance(each, list):
            waiting += reversed(each)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
