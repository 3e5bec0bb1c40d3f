"""A person's own multiple-choice questions, from CSV, TSV or JSONL.

    question,A,B,C,D,answer,category,source
    Which of these is a planet?,Ceres,Mars,Titan,Vega,B,astronomy,https://...

JSONL has `choices`, a list, instead of the columns A, B, C ...; `answer` is then a letter, a place
counted from 0, the text of the answer, or a list of such where several are right.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth.measure.choices.items import Choice
from hearth.measure.choices.rows import BadRow, read_rows, text_of

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COLUMNS = ("question", "choices", "answer", "category", "source", *LETTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceSet:
    """Questions that are asked together.

    Args:
        name: The name of their file.
        items: All of them.
        notes: What was left out or not used when they were read, as sentences.
    """

    name: str
    items: tuple[Choice, ...]
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of questions, answers and key."""
        key = [[each.question, each.answers, each.right] for each in self.items]
        return hashlib.sha256(json.dumps(key).encode()).hexdigest()


def read_choices(path: Path) -> ChoiceSet:
    """Read multiple-choice questions.

    Args:
        path: A file that ends in .csv, .tsv, .jsonl or .ndjson; UTF-8.

    Raises:
        InvalidRequest: It cannot be read, or a row is wrong; the row is named.
    """
    seen: dict[tuple[str, frozenset[str]], int] = {}

    def read(row: Mapping[str, Any], number: int) -> Choice:
        item = _item(row)
        key = (item.question, frozenset(item.answers))
        if key in seen:
            raise BadRow(f"{item.question[:80]!r} is in row {seen[key]} already")
        seen[key] = number
        return item

    items, notes = read_rows(path, COLUMNS, read)
    return ChoiceSet(name=path.name, items=tuple(items), notes=notes)


def _item(row: Mapping[str, Any]) -> Choice:
    question = text_of(row, "question")
    if not question:
        raise BadRow("it needs a `question`")
    answers = _answers(row)
    return Choice(
        question=question,
        answers=answers,
        right=_right(row.get("answer"), answers),
        category=text_of(row, "category"),
        source=text_of(row, "source"),
    )


def _answers(row: Mapping[str, Any]) -> tuple[str, ...]:
    given = row.get("choices")
    if given is None:
        answers = [text_of(row, letter) for letter in LETTERS]
        while answers and not answers[-1]:
            answers.pop()
    elif isinstance(given, list):
        answers = [text_of({"choices": each}, "choices") for each in given]
    else:
        raise BadRow("`choices` is no list")
    if not 2 <= len(answers) <= len(LETTERS):
        raise BadRow(f"it has {len(answers)} answers; 2 to {len(LETTERS)} are allowed")
    if not all(answers) or len(set(answers)) != len(answers):
        raise BadRow("an answer is empty, or there twice")
    return tuple(answers)


def _right(given: object, answers: tuple[str, ...]) -> tuple[int, ...]:
    every = given if isinstance(given, list) else [given]
    places = sorted({_place(each, answers) for each in every})
    if not 0 < len(places) < len(answers):
        raise BadRow("at least one answer must be right, and not all")
    return tuple(places)


def _place(given: object, answers: tuple[str, ...]) -> int:
    """Return the place of an answer that is given by place, letter or text."""
    if isinstance(given, int) and not isinstance(given, bool):
        if 0 <= given < len(answers):
            return given
    elif isinstance(given, str):
        word = given.strip()
        if word in answers:
            return answers.index(word)
        place = LETTERS.find(word.upper()) if len(word) == 1 else -1
        if 0 <= place < len(answers):
            return place
        if word.isascii() and word.isdigit() and int(word) < len(answers):
            return int(word)
    raise BadRow(
        f"`answer` is {str(given)[:40]!r}; it must be a letter up to {LETTERS[len(answers) - 1]}, "
        "a place counted from 0, or the text of an answer"
    )
