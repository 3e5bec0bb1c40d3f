"""Text from strangers, made safe to show: no control characters, no direction tricks, no floods."""

from __future__ import annotations

MAX_LABEL_CHARS = 120


def plain(text: object, max_chars: int = MAX_LABEL_CHARS) -> str:
    """Return text for a terminal, a log or a page: odd characters escaped, cut at a length.

    Args:
        text: A string, or anything that has one (a path).
        max_chars: Longest result in characters; a cut is marked by an ellipsis.
    """
    raw = str(text)
    # Not printable are controls, format characters (the bidi overrides among them), line breaks,
    # surrogates and what is not assigned. No character shrinks, so a longer start is never needed.
    shown = "".join(
        char if char.isprintable() else ascii(char)[1:-1] for char in raw[: max_chars + 1]
    )
    return shown if len(shown) <= max_chars else shown[: max_chars - 1] + "…"
