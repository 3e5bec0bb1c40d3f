"""A person's own yes/no questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.errors import InvalidRequest
from hearth.measure.truth import read_questions

CSV = """statement,negation,answer,category,source
The Moon orbits Earth.,The Moon does not orbit Earth.,yes,astronomy,https://example.org/moon
"Paris, of all places, is in Spain.",,no,,
"""
JSONL = """{"question": "Is the Moon made of cheese?", "answer": false, "id": 7}

{"statement": "Zürich liegt in der Schweiz.", "answer": "True", "category": "geography"}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_with_statements(tmp_path: Path) -> None:
    first, second = read_questions(write(tmp_path, "mine.csv", CSV)).items
    assert (first.text, first.is_true) == ("The Moon orbits Earth.", True)
    assert first.negation == "The Moon does not orbit Earth."
    assert (first.category, first.source) == ("astronomy", "https://example.org/moon")
    assert second.text == "Paris, of all places, is in Spain."
    assert (second.negation, second.is_true, second.category) == ("", False, "")


def test_tabs_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_bytes("\ufeffstatement\tanswer\r\nWater is wet.\t1\r\n".encode())
    (item,) = read_questions(path).items
    assert (item.text, item.is_true) == ("Water is wet.", True)


def test_jsonl_with_questions_and_unused_names(tmp_path: Path) -> None:
    found = read_questions(write(tmp_path, "mine.jsonl", JSONL))
    assert [item.is_question for item in found.items] == [True, False]
    assert [item.is_true for item in found.items] == [False, True]
    assert found.notes == ("Columns that were not used: id.",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mine.txt", "x", "ends in .txt"),
        ("mine.csv", "", "holds no question"),
        ("mine.csv", "statement,answer\n", "holds no question"),
        ("mine.csv", "statement,answer\na,maybe\n", "row 1: `answer` is 'maybe'"),
        ("mine.csv", "statement,answer\na,yes,no\n", "line 2: 3 cells under 2 headings"),
        ("mine.csv", "statement,statement\na,b\n", "one name twice"),
        ("mine.csv", "statement,question,answer\na,b,yes\n", "one of the two"),
        ("mine.csv", "question,negation,answer\na,b,yes\n", "has no `negation`"),
        ("mine.csv", "statement,answer\na,yes\na,no\n", "row 2: 'a' is in row 1 already"),
        ("mine.csv", 'statement,answer\n"a,yes\n', "line"),
        ("mine.jsonl", "{", "line 1 is no JSON"),
        ("mine.jsonl", "[1]", "line 1 is no JSON object"),
        ("mine.jsonl", '{"statement": 1, "answer": true}', "`statement` is no text"),
        ("mine.jsonl", '{"statement": "\\ud800", "answer": true}', "half a character"),
        ("mine.jsonl", '{"statement": "' + "a" * 20_001 + '", "answer": true}', "20,001 char"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_questions(write(tmp_path, name, text))
    assert said in refused.value.message
    assert name in refused.value.message


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        read_questions(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"statement,answer\n\xff,yes\n")
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        read_questions(tmp_path / "bytes.csv")
