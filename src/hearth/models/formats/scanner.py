"""Read the two kinds of JSON that can be large, one entry at a time: headers and weight maps.

A general JSON reader builds whatever a stranger nested, which can be ten times the size of the
text. This one knows what comes next and keeps nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from hearth.errors import BadModelFile

_BLANK = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\.)*+"', re.DOTALL)
_PLAIN_STRING = re.compile(rb'"([ !#-\[\]-~]*+)"')
_FLAT_OBJECT = re.compile(rb"\{[^{}]*+\}")
_SIMPLE = re.compile(_STRING.pattern + rb"|\{[^{}]*+\}|\[[^\[\]]*+\]|[-+.\w]++", re.DOTALL)


class Scanner:
    """A position in a JSON text.

    Args:
        text: The whole text; the caller has bounded its size.
        fail: Makes the error for this file.
    """

    def __init__(self, text: bytes, fail: Callable[[str], BadModelFile]) -> None:
        self._text = text
        self._fail = fail
        self._at = 0

    def pairs(self) -> Iterator[str]:
        """Yield the keys of the object that begins here; the caller reads each value in between.

        Raises:
            BadModelFile: The text is no object, or a key appears twice.
        """
        seen: set[str] = set()
        self._expect(b"{")
        if self._take(b"}"):
            return
        while True:
            key = self.string()
            if key in seen:
                raise self._fail(f"its header names {key} twice")
            seen.add(key)
            self._expect(b":")
            yield key
            if self._take(b"}"):
                return
            self._expect(b",")

    def string(self) -> str:
        """Read a string."""
        self._skip_blanks()
        found = _PLAIN_STRING.match(self._text, self._at)
        if found is None:  # it has escapes, or is none
            return str(self._decoded(_STRING, "a text"))
        self._at = found.end()
        return found[1].decode("ascii")

    def flat_object(self) -> dict[str, object]:
        """Read an object that holds no other object."""
        found = self._decoded(_FLAT_OBJECT, "a flat object")
        assert isinstance(found, dict)  # it begins with a brace
        return found

    def skip_value(self) -> None:
        """Move past a value that is of no interest: nothing deeper than a flat list or object."""
        self._decoded(_SIMPLE, "a simple value")

    def finish(self) -> None:
        """Check that nothing but blanks follows."""
        self._skip_blanks()
        if self._at != len(self._text):
            raise self._fail("something follows the end of its header")

    def _decoded(self, pattern: re.Pattern[bytes], what: str) -> object:
        self._skip_blanks()
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self._fail(f"its header lacks {what} at byte {self._at:,}")
        self._at = found.end()
        try:
            return json.loads(found[0])
        except (ValueError, RecursionError):
            raise self._fail(f"its header is no JSON at byte {found.start():,}") from None

    def _expect(self, mark: bytes) -> None:
        if not self._take(mark):
            raise self._fail(f"its header is no JSON: {mark.decode()} is missing at {self._at:,}")

    def _take(self, mark: bytes) -> bool:
        self._skip_blanks()
        if not self._text.startswith(mark, self._at):
            return False
        self._at += 1
        return True

    def _skip_blanks(self) -> None:
        found = _BLANK.match(self._text, self._at)
        assert found is not None  # it matches nothing, too
        self._at = found.end()


def read_texts(
    scanner: Scanner, max_entries: int, fail: Callable[[str], BadModelFile]
) -> dict[str, str]:
    """Read an object of texts.

    Raises:
        BadModelFile: It has more entries than allowed, or an entry that is no text.
    """
    found: dict[str, str] = {}
    for key in scanner.pairs():
        if len(found) == max_entries:
            raise fail(f"it has more than {max_entries:,} entries of text")
        found[key] = scanner.string()
    return found
