"""The spellings of the tokens that begin and end a text, from a repository's settings."""

from __future__ import annotations

from hearth.models.formats.documents import read_json, text_of
from hearth.models.formats.files import ModelFiles

SETTINGS = "tokenizer_config.json"


def ends_of_text(files: ModelFiles) -> tuple[str, str]:
    """Return the spellings of the beginning-of-text and the end-of-text token; empty if unknown."""
    settings = read_json(files, SETTINGS) or {}
    begin, end = (_spelling(settings.get(key)) for key in ("bos_token", "eos_token"))
    return begin, end


def _spelling(value: object) -> str:
    # Older settings hold the spelling itself, newer ones an object around it.
    return text_of(value.get("content") if isinstance(value, dict) else value) or ""
