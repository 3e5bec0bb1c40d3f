"""The text that a model is measured on: a file of the user's, or the one that Hearth comes with.

The best text is one's own, of the kind that the model shall work with, and that no model can have
been trained on. Without one, it is what Hearth's guide says: plain English about this subject,
written for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from hearth.errors import InvalidRequest, NotFound

MAX_TEXT_BYTES = 64 << 20
OWN_TEXT = "hearth-guide"
_FRONT_MATTER = "---\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleText:
    """A text with the name that records have of it.

    Args:
        name: A file's name without its folder, or `OWN_TEXT`.
        path: Where it lies; None for the one that Hearth comes with.
    """

    name: str
    content: str
    path: Path | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    @property
    def num_bytes(self) -> int:
        """Length in UTF-8."""
        return len(self.content.encode())


def own_text() -> SampleText:
    """Return the prose of Hearth's guide, one topic after the other."""
    folder = resources.files("hearth") / "guide" / "topics"
    topics = sorted(folder.iterdir(), key=lambda file: file.name)
    bodies = (
        file.read_text(encoding="utf-8").rpartition(f"\n{_FRONT_MATTER}")[2] for file in topics
    )
    return SampleText(name=OWN_TEXT, content="\n".join(bodies))


def read_text(path: Path) -> SampleText:
    """Read a text.

    Raises:
        NotFound: There is no such file.
        InvalidRequest: It is no UTF-8, is empty, or is larger than 64 MiB.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror or error}.",
            hint="Give the path of a text file, or leave it out for the text of Hearth's guide.",
        ) from error
    if len(raw) > MAX_TEXT_BYTES:
        raise InvalidRequest(f"{path} has more than {MAX_TEXT_BYTES:,} bytes.", param="text")
    try:
        content = raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"{path} is not valid UTF-8 (byte {error.start:,}).",
            hint="Convert it first, for example with `iconv -t utf-8`.",
            param="text",
        ) from error
    if not content.strip():
        raise InvalidRequest(f"{path} has no text.", param="text")
    return SampleText(name=path.name, content=content, path=path)
