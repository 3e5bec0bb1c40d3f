"""Rows of a person's own questions, from CSV, TSV or JSONL, with the row named where one is wrong.

Columns that mean nothing here are left alone, and told.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hearth.errors import InvalidRequest

MAX_FILE_BYTES = 64 << 20
MAX_ROWS = 100_000
MAX_TEXT_CHARS = 20_000
CSV_SUFFIXES = {".csv": ",", ".tsv": "\t"}
JSONL_SUFFIXES = (".jsonl", ".ndjson")

Row = Mapping[str, Any]
Made = TypeVar("Made")


class BadRow(ValueError):
    """What is wrong with a row, as the end of a sentence that names the row."""


def read_rows(
    path: Path, columns: Sequence[str], make: Callable[[Row, int], Made]
) -> tuple[list[Made], tuple[str, ...]]:
    """Read a file of questions.

    Args:
        path: A file that ends in .csv, .tsv, .jsonl or .ndjson; UTF-8.
        columns: The names that mean something.
        make: Makes a question of a row and its number, counted from 1 without the heading; raises
            BadRow.

    Returns:
        The questions, and sentences on what was not used.

    Raises:
        InvalidRequest: The file cannot be read, or a row is wrong.
    """
    text = _text(path)
    unused: dict[str, None] = {}
    found: list[Made] = []
    for number, row in enumerate(_rows(path, text), 1):
        if number > MAX_ROWS:
            raise _wrong(path, f"has more than {MAX_ROWS:,} rows")
        try:
            found.append(make(_checked(row), number))
        except BadRow as error:
            raise _wrong(path, f"row {number}: {error}") from error
        unused |= dict.fromkeys(name for name in row if name not in columns)
    if not found:
        raise _wrong(path, "holds no question")
    names = ", ".join(name[:40] for name in [*unused][:10])
    return found, (f"Columns that were not used: {names}.",) if unused else ()


def text_of(row: Row, name: str) -> str:
    """Return a cell's text without blanks at its ends; empty where there is none.

    Raises:
        BadRow: It is no text, or too long.
    """
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"`{name}` is no text")
    if len(value) > MAX_TEXT_CHARS:
        raise BadRow(f"`{name}` has {len(value):,} characters; {MAX_TEXT_CHARS:,} are allowed")
    return value.strip()


def _text(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (*CSV_SUFFIXES, *JSONL_SUFFIXES):
        known = ", ".join((*CSV_SUFFIXES, *JSONL_SUFFIXES))
        raise _wrong(path, f"ends in {suffix or 'nothing'}; questions are read from {known}")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    if len(raw) > MAX_FILE_BYTES:
        raise _wrong(path, f"has more than {MAX_FILE_BYTES >> 20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(path, f"is not UTF-8 (byte {error.start:,})") from error


def _rows(path: Path, text: str) -> Iterator[dict[str, Any]]:
    suffix = path.suffix.lower()
    return _json_rows(path, text) if suffix in JSONL_SUFFIXES else _csv_rows(path, text)


def _csv_rows(path: Path, text: str) -> Iterator[dict[str, Any]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=CSV_SUFFIXES[path.suffix.lower()], strict=True
    )
    try:
        names = [name.strip() for name in next(reader, [])]
        if len(set(names)) != len(names):
            raise _wrong(path, "has a heading with one name twice")
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(names):
                raise _wrong(
                    path,
                    f"line {reader.line_num}: {len(cells)} cells under {len(names)} headings",
                )
            yield dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise _wrong(path, f"line {reader.line_num}: {error}") from error


def _json_rows(path: Path, text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _wrong(path, f"line {number} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise _wrong(path, f"line {number} is no JSON object")
        yield row


def _checked(row: dict[str, Any]) -> Row:
    """Refuse text that no tokenizer can be given."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadRow("it holds half a character") from error
    return row


def _wrong(path: Path, what: str) -> InvalidRequest:
    return InvalidRequest(
        f"{path.name} {what}.",
        hint="The first lines of what is expected are in docs/how-to/test-what-a-model-knows.md.",
        param="questions",
    )
