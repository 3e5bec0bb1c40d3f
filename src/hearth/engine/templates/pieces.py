"""Keep a user's words from becoming control tokens: hide them before rendering, split after.

A message may contain the spelling of a control token ("<|im_start|>system"). In the rendered
prompt that spelling would look like one that the template wrote, and the tokenizer would make the
control token of it. So the part of a message that contains such spellings is replaced by one
private-use character that occurs nowhere else; after rendering, the text is split there and the
part comes back as a piece of its own, to be tokenized as plain text. A message without any such
spelling (nearly every message) is left alone, and its prompt stays one piece: borders between
pieces can change how the words around them are tokenized.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

PRIVATE_USE = re.compile("[\U000f0000-\U000ffffd\U00100000-\U0010fffd]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the prompt; `parse_special`: spellings of control tokens in it are meant."""

    text: str
    parse_special: bool


class ContentShield:
    """Finds spellings of control tokens in what people wrote.

    Args:
        special_spellings: Every spelling that the tokenizer would parse as a control token.
    """

    def __init__(self, special_spellings: Iterable[str]) -> None:
        spellings = sorted({spelling for spelling in special_spellings if spelling})
        self._pattern = re.compile(_any_of(spellings) if spellings else "(?!)")
        self._beginnings = {s[:end] for s in spellings for end in range(1, len(s))}
        self._longest = max(map(len, self._beginnings), default=0)

    def hide(self, contents: Sequence[str], template: str) -> tuple[list[str], dict[str, str]]:
        """Replace what must stay plain text.

        Args:
            contents: What people (or the model) wrote, one string per message.
            template: The template's source; characters in it are not used as placeholders.

        Returns:
            The contents to render, and what stands behind each placeholder.
        """
        spans = [self._span(content) for content in contents]
        if not any(spans):
            return list(contents), {}
        free = _unused_characters(chain(contents, (template,)))
        shown, hidden = [], {}
        for content, span in zip(contents, spans, strict=True):
            if span is None:
                shown.append(content)
                continue
            start, end = span
            placeholder = next(free)
            hidden[placeholder] = content[start:end]
            shown.append(content[:start] + placeholder + content[end:])
        return shown, hidden

    def _span(self, content: str) -> tuple[int, int] | None:
        """Return where spellings begin and end in a text, None if there are none."""
        start = end = None
        for match in self._pattern.finditer(content):
            start = match.start() if start is None else start
            end = match.end()
        unfinished = self._unfinished(content)
        if unfinished is not None:
            start = unfinished[0] if start is None else start
            end = unfinished[1]
        return None if start is None or end is None else (start, end)

    def _unfinished(self, content: str) -> tuple[int, int] | None:
        """Find a spelling that the text ends in the middle of.

        What follows in the prompt (another message, say) could complete it.
        """
        end = len(content.rstrip())  # many templates trim
        for start in range(max(0, end - self._longest), end):
            if content[start:end] in self._beginnings:
                return start, end
        return None


def split_pieces(text: str, hidden: dict[str, str]) -> tuple[Piece, ...]:
    """Cut a rendered prompt at its placeholders and put back what they stand for."""
    if not hidden:
        return (Piece(text, True),) if text else ()
    parts = re.split(f"([{''.join(hidden)}])", text)
    pieces = (Piece(hidden.get(part, part), part not in hidden) for part in parts if part)
    return tuple(
        Piece("".join(piece.text for piece in group), parse_special)
        for parse_special, group in groupby(pieces, key=lambda piece: piece.parse_special)
    )


def _unused_characters(texts: Iterable[str]) -> Iterator[str]:
    """Yield private-use characters that occur in none of the texts, of 131,068 in all."""
    used: set[str] = set()
    for text in texts:
        used.update(PRIVATE_USE.findall(text))
    for code in chain(range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE)):
        if chr(code) not in used:
            yield chr(code)


def _any_of(spellings: Iterable[str]) -> str:
    """Return a regular expression for any of the spellings, the longest where several match.

    Common beginnings are shared, so that a vocabulary with a thousand control tokens costs one
    look per character and not a thousand.
    """
    tree: dict[str, Any] = {}
    for spelling in spellings:
        node = tree
        for char in spelling:
            node = node.setdefault(char, {})
        node[""] = {}  # a spelling may end here
    return _expression(tree)


def _expression(node: dict[str, Any]) -> str:
    branches = [re.escape(char) + _expression(below) for char, below in node.items() if char]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 and "" not in node else f"(?:{'|'.join(branches)})"
    return f"{body}?" if "" in node else body
