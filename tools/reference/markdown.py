"""The few pieces of Markdown that the reference pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Made by `make docs` from the code; changes here are lost. -->\n\n"


def page(title: str, *parts: str) -> str:
    """Return a whole page with its mark as generated."""
    return GENERATED + f"# {title}\n\n" + "\n".join(part.rstrip() + "\n" for part in parts if part)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a `|` inside a cell is escaped."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join("| " + " | ".join(cell(text) for text in line) + " |\n" for line in lines)


def cell(text: str) -> str:
    """Return text that fits into one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def code(text: object) -> str:
    """Return text set as code, or nothing for nothing."""
    return f"`{text}`" if text not in (None, "") else ""
