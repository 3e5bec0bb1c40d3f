"""The error reference, from the tree in `hearth.errors`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from markdown import code, page, table

from hearth.errors import HearthError

INTRODUCTION = """\
Every error says what was given, what is allowed, and what to do next. `code` is stable: programs
may match it, over HTTP (`error.code`) and in Python (`hearth.errors`); the sentence may change.
The exit status is that of the command line.
"""
HEADINGS = ("code", "when", "exit status", "HTTP status", "try again after", "class")


def render() -> str:
    """Return the page."""
    return page("Errors", INTRODUCTION, table(HEADINGS, map(_row, _tree(HearthError))))


def _tree(cls: type[HearthError]) -> Iterator[type[HearthError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _tree(child)


def _row(cls: type[HearthError]) -> list[str]:
    when = (inspect.getdoc(cls) or "").partition("\n\n")[0]
    again = f"{cls.retry_after_s} s" if cls.retry_after_s is not None else ""
    status = [str(cls.exit_code), str(cls.default_http_status)]
    return [code(cls.code), when, *status, again, code(cls.__name__)]
