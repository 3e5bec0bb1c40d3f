"""Small files of the kernel: read whole, stripped, and never an error."""

from __future__ import annotations

from pathlib import Path

MAX_CHARS = 2**20


def read_text(path: Path) -> str | None:
    """Return a file's text without blanks around it; None where there is none to read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_CHARS).replace("\0", "").strip() or None
    except OSError:
        return None


def read_number(path: Path) -> int | None:
    """Return the whole number in a file; None where there is none."""
    text = read_text(path)
    return int(text) if text and text.isascii() and text.isdigit() else None


def read_fields(path: Path, separator: str) -> dict[str, str]:
    """Return lines of the form `name=value` or `name: value`, quotes taken off."""
    lines = (line.partition(separator) for line in (read_text(path) or "").splitlines())
    return {name.strip(): value.strip().strip('"') for name, found, value in lines if found}


def join_words(*texts: str | None) -> str | None:
    """Return the texts that are there in one line; None where none is."""
    return " ".join(text for text in texts if text) or None
