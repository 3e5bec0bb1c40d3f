"""A person's own yes/no questions, from CSV or JSONL.

    statement,negation,answer,category,source
    The Moon orbits Earth.,The Moon does not orbit Earth.,yes,astronomy,https://...

Instead of `statement` a column may be `question`; that and `answer` are needed, the rest may be
left out. JSONL has the same names, one object per line.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hearth.measure.choices.rows import BadRow, read_rows, text_of
from hearth.measure.truth.items import Item, QuestionSet

COLUMNS = ("statement", "question", "negation", "answer", "category", "source")
YES = ("yes", "true", "1")
NO = ("no", "false", "0")


def read_questions(path: Path) -> QuestionSet:
    """Read yes/no questions.

    Args:
        path: A file that ends in .csv, .tsv, .jsonl or .ndjson; UTF-8.

    Raises:
        InvalidRequest: It cannot be read, or a row is wrong; the row is named.
    """
    seen: dict[str, int] = {}

    def read(row: Mapping[str, object], number: int) -> Item:
        item = _item(row)
        for text in filter(None, (item.text, item.negation)):
            if text in seen:
                raise BadRow(f"{text[:80]!r} is in row {seen[text]} already")
            seen[text] = number
        return item

    items, notes = read_rows(path, COLUMNS, read)
    return QuestionSet(name=path.name, items=tuple(items), notes=notes)


def _item(row: Mapping[str, object]) -> Item:
    statement, question = text_of(row, "statement"), text_of(row, "question")
    if bool(statement) == bool(question):
        raise BadRow("it needs a `statement` or a `question`, one of the two")
    negation = text_of(row, "negation")
    if question and negation:
        raise BadRow("a `question` has no `negation`; make it a `statement`")
    return Item(
        text=statement or question,
        negation=negation,
        is_true=_answer(row),
        category=text_of(row, "category"),
        source=text_of(row, "source"),
        is_question=bool(question),
    )


def _answer(row: Mapping[str, object]) -> bool:
    given = row.get("answer")
    word = str(given).strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadRow(f"`answer` is {str(given)[:40]!r}; it must be yes or no")
