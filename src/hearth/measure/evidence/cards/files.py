"""Cards as files: written whole or not at all, and read with a bound."""

from __future__ import annotations

import contextlib
import os
import tempfile
from enum import StrEnum
from pathlib import Path

from hearth.errors import InvalidRequest, SetupError
from hearth.measure.evidence.cards.card import MAX_CARD_BYTES, Card, card_json, read_card
from hearth.measure.evidence.cards.markdown import card_markdown
from hearth.measure.evidence.cards.svg import card_svg
from hearth.models.labels import plain


class CardFormat(StrEnum):
    """What a card can be written as; the endings of its files."""

    MARKDOWN = "md"
    JSON = "json"
    SVG = "svg"


def render_card(card: Card, form: CardFormat) -> str:
    """Return a card in one of its formats."""
    if form is CardFormat.JSON:
        return card_json(card) + "\n"
    return card_svg(card) if form is CardFormat.SVG else card_markdown(card)


def export_card(card: Card, path: Path) -> None:
    """Write a card to a file in the format that its ending names.

    Raises:
        InvalidRequest: The ending is none of a card.
        SetupError: The file cannot be written; one that was there before is as it was.
    """
    endings = [form.value for form in CardFormat]
    if path.suffix.removeprefix(".") not in endings:
        raise InvalidRequest(
            f"A card cannot be written as {path.name!r}: its name has to end with "
            f".{', .'.join(endings)}.",
            param="file",
        )
    _write_whole(path, render_card(card, CardFormat(path.suffix.removeprefix("."))))


def load_card(path: Path) -> Card:
    """Read a card from a file, and check it; see `read_card`.

    Raises:
        InvalidRequest: It cannot be read, is no card, or was changed since it was exported.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CARD_BYTES + 1)
    except OSError as error:
        raise InvalidRequest(
            f"{plain(path, 300)} cannot be read: {error.strerror or error}.", param="file"
        ) from error
    return read_card(data)


def _write_whole(path: Path, text: str) -> None:
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise SetupError(
            f"The card cannot be written to {plain(path, 300)}: {error.strerror or error}.",
            hint="Name a file in a folder that exists and that you may write to.",
        ) from error
