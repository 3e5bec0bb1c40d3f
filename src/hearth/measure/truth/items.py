"""Questions of which the answer is known, and the set that was written for Hearth."""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import chain, zip_longest

from hearth.errors import InvalidRequest

BUILT_IN = "hearth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is so, or is not.

    Args:
        text: A statement that can stand alone, or a question to be answered by yes or no.
        negation: The statement turned into its contrary; empty for a question, or where there is
            none.
        is_true: Whether the statement holds, or the question is answered by yes.
        category: What it is about.
        source: Where the answer can be looked up.
        is_question: Whether `text` is a question.
    """

    text: str
    negation: str = ""
    is_true: bool
    category: str = ""
    source: str = ""
    is_question: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """Questions that are asked together.

    Args:
        name: What it is called; the name of its file where a person brought it.
        items: All of them, each text once.
        notes: What was left out or not used when it was read, as sentences.
    """

    name: str
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of texts, negations and answers: two sets with one digest ask the same."""
        key = [[each.text, each.negation, each.is_true, each.is_question] for each in self.items]
        return hashlib.sha256(json.dumps(key).encode()).hexdigest()

    def of(self, wanted: Sequence[str] = (), limit: int | None = None) -> QuestionSet:
        """Return a part of it.

        Args:
            wanted: Only these categories; empty: all.
            limit: Most questions, spread evenly over the categories.

        Raises:
            InvalidRequest: There is no such category.
        """
        known = categories(self.items)
        if unknown := [name for name in wanted if name not in known]:
            raise InvalidRequest(
                f"There is no category {unknown[0]!r} in {self.name}.",
                hint=f"There are: {', '.join(known)}.",
                param="category",
            )
        groups = [
            [item for item in self.items if item.category == name] for name in wanted or known
        ]
        if limit is None:
            chosen = [item for group in groups for item in group]
        else:
            turns = chain.from_iterable(zip_longest(*groups))
            chosen = [item for item in turns if item is not None][:limit]
        return QuestionSet(name=self.name, items=tuple(chosen), notes=self.notes)

    def without(self, places: Sequence[int], why: str) -> QuestionSet:
        """Return it without some questions.

        Args:
            places: Which, counted from 0.
            why: A sentence for the notes.
        """
        gone = set(places)
        kept = tuple(item for place, item in enumerate(self.items) if place not in gone)
        return QuestionSet(name=self.name, items=kept, notes=(*self.notes, why))


def categories(items: Sequence[Item]) -> list[str]:
    """Return the categories of questions, in alphabetical order."""
    return sorted({item.category for item in items})


@functools.cache
def built_in() -> QuestionSet:
    """Return the questions that were written for Hearth."""
    folder = resources.files("hearth.measure.truth").joinpath("questions")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    items = [
        item
        for file in files
        if file.name.endswith(".toml")
        for item in _read(file.read_text("utf-8"), file.name.removesuffix(".toml"))
    ]
    return QuestionSet(name=BUILT_IN, items=tuple(items))


def _read(text: str, name: str) -> list[Item]:
    return [
        Item(
            text=row["statement"],
            negation=row["negation"],
            is_true=row["is_true"],
            category=name.replace("_", " "),
            source=row["source"],
        )
        for row in tomllib.loads(text)["item"]
    ]
