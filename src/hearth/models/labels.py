"""Text from strangers, made safe to show: no control characters, no direction tricks, no floods."""

from __future__ import annotations

import unicodedata

MAX_LABEL_CHARS = 120


def plain(text: object, max_chars: int = MAX_LABEL_CHARS) -> str:
    """Return text for a terminal, a log or a page: odd characters escaped, cut at a length.

    Args:
        text: A string, or anything that has one (a path).
        max_chars: Longest result in characters; a cut is marked by an ellipsis.
    """
    shown: list[str] = []
    length = 0
    for char in str(text):
        safe = char if _is_plain(char) else ascii(char)[1:-1]
        length += len(safe)
        if length > max_chars:
            return "".join(shown)[: max_chars - 1] + "…"
        shown.append(safe)
    return "".join(shown)


def _is_plain(char: str) -> bool:
    # "C*" are controls, format characters (the bidi overrides among them), surrogates, private use
    # and unassigned; "Zl" and "Zp" break lines.
    category = unicodedata.category(char)
    return category[0] != "C" and category not in ("Zl", "Zp")
