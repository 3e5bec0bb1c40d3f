"""The one function that turns a digest from a file into a path.

A digest in a manifest is a stranger's text. Used as a path it has twice let an attacker write
anywhere in one well-known program (CVE-2024-37032, CVE-2026-7020), the second time through a second
copy of this very function.
"""

from __future__ import annotations

import re
from pathlib import Path

from hearth.errors import BadModelFile
from hearth.models.labels import plain

_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_sha256(text: object) -> bool:
    """Say whether a value is a SHA-256 in lower-case hexadecimal, and nothing besides."""
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def blob_path(folder: Path, digest: object, *, prefix: str = "") -> Path:
    """Return the path of a blob in a content-addressed folder.

    Args:
        folder: The folder of blobs.
        digest: 64 lower-case hexadecimal digits; anything else is refused.
        prefix: What the program writes before the digits in its file names.

    Raises:
        BadModelFile: The digest is none, or the blob is a link that leads out of the folder.
    """
    if not isinstance(digest, str) or not is_sha256(digest):
        raise BadModelFile(f"{plain(repr(digest))} is not a SHA-256 digest.")
    path = folder / f"{prefix}{digest}"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadModelFile(f"The blob {plain(path, 300)} leads out of its folder.")
    return path
