"""What people type, checked before it is stored; and titles made from it."""

from __future__ import annotations

from hearth.core import MAX_PROMPT_BYTES
from hearth.errors import InvalidRequest

MAX_TITLE_CHARS = 200
FIRST_LINE_CHARS = 50


def check_text(text: str, param: str) -> str:
    """Return a text that can be stored and encoded; InvalidRequest names what stands in the way."""
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            "The text contains a lone surrogate, which is not valid Unicode.", param=param
        ) from error
    if "\0" in text:
        raise InvalidRequest("The text contains the character U+0000.", param=param)
    if size_bytes > MAX_PROMPT_BYTES:
        raise InvalidRequest(
            f"The text has {size_bytes:,} bytes; at most {MAX_PROMPT_BYTES:,} are read.",
            hint="Split the text, or ask about one part of it at a time.",
            param=param,
            http_status=413,
        )
    return text


def check_question(text: str) -> str:
    """Return a message of a person as it will be stored; it must say something."""
    if not text.strip():
        raise InvalidRequest("The message is empty.", hint="Write something.", param="text")
    return check_text(text, "text")


def check_title(title: str) -> str:
    """Return a title on one line; it must have 1 to 200 characters."""
    line = " ".join(title.split())
    if not 1 <= len(line) <= MAX_TITLE_CHARS:
        raise InvalidRequest(
            f"The title has {len(line)} characters; it must have 1 to {MAX_TITLE_CHARS}.",
            param="title",
        )
    return check_text(line, "title")


def title_from(text: str) -> str:
    """Make a title from a first message: the start of its first line, cut between words."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    line = next((line for line in lines if line), "")
    if len(line) <= FIRST_LINE_CHARS:
        return line
    start = line[:FIRST_LINE_CHARS]
    words, _, _ = start.rpartition(" ")
    return (words or start).rstrip(" ,;:.-") + "…"
