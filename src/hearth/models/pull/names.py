"""File names that a server chose, checked before they become paths (row D10)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from hearth.errors import BadModelFile
from hearth.models.labels import plain

MAX_NAME_BYTES = 240  # of one segment; file systems allow 255, and partial files have suffixes
MAX_PATH_CHARS = 1024
MAX_DEPTH = 8

# Names that Windows gives to devices, whatever suffix follows.
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{kind}{n}" for kind in ("com", "lpt") for n in "123456789"),
}
_FORBIDDEN = set('\\:*?"<>|')


def check_names(names: Iterable[str]) -> None:
    """Refuse names that could leave their folder, or that some file system takes for another.

    Args:
        names: Paths relative to one folder, with forward slashes.

    Raises:
        BadModelFile: A name is absolute, climbs, is reserved somewhere, is too long, or differs
            from another one only in the case or the spelling of its letters.
    """
    seen: dict[str, str] = {}
    for name in names:
        reason = _problem(name)
        if reason:
            raise BadModelFile(f"The file name {plain(name)!r} is refused: {reason}.")
        folded = unicodedata.normalize("NFC", name).casefold()
        other = seen.setdefault(folded, name)
        if other != name:
            raise BadModelFile(
                f"The file names {plain(other)!r} and {plain(name)!r} are one name on some disks."
            )


def is_usable(name: str) -> bool:
    """Say whether a name may become a path below a folder."""
    return not _problem(name)


def _problem(name: str) -> str | None:
    segments = name.split("/")
    if len(name) > MAX_PATH_CHARS or len(segments) > MAX_DEPTH:
        return "it is too long or too deep"
    if any(not char.isprintable() for char in name):
        return "it contains control characters"
    if _FORBIDDEN & set(name):
        return "it contains a character that paths give a meaning"
    for segment in segments:
        if segment in ("", ".", ".."):
            return "it is no path below a folder"
        if len(segment.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
            return f"a part of it is longer than {MAX_NAME_BYTES} bytes"
        if segment.partition(".")[0].strip().lower() in _DEVICES or segment[-1] in ". ":
            return "Windows gives that name another meaning"
    return None
