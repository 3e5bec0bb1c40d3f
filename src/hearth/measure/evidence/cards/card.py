"""The card itself, as JSON, and the check of one that came from somewhere."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

from hearth.errors import InvalidRequest
from hearth.measure.evidence.ledger import Ledger
from hearth.measure.evidence.record import Record
from hearth.measure.evidence.text import (
    MAX_ITEMS_BYTES,
    MAX_TEXT_BYTES,
    canonical,
    digest_of,
    items_digest,
    read_record,
)

FORMAT = "hearth-evidence-card"
VERSION = 1
MAX_CARD_BYTES = 2 * (MAX_TEXT_BYTES + MAX_ITEMS_BYTES)  # indented, or escaped

CHECK = (
    'In Python: hashlib.sha256(json.dumps(card["record"], sort_keys=True, separators=(",", ":"), '
    'ensure_ascii=False).encode()).hexdigest() == card["digest"]; '
    'likewise card["items"] and card["record"]["items"]["digest"].'
)
_HINT = "Ask for the card again: `hearth evidence export ID` writes it."

# Where the JSON stands in the formats for people. Neither holds a line break or a tag by itself.
MARKDOWN_FENCE = f"```json {FORMAT}"
SVG_METADATA = f'<metadata id="{FORMAT}">'
_IN_MARKDOWN = re.compile(rf"^{re.escape(MARKDOWN_FENCE)}\r?\n(.*?)\r?\n```\s*$", re.M | re.S)
_IN_SVG = re.compile(rf"{re.escape(SVG_METADATA)}(.*?)</metadata>", re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A record that can leave its ledger.

    Args:
        record: With its items.
        text: What the record's digest is of.
        items: What the digest of its items is of; None where it has none.
    """

    record: Record
    text: str
    items: str | None


def card_of(ledger: Ledger, record_id: str) -> Card:
    """Return the card of a record; see `Ledger.get` for what can go wrong."""
    text, items = ledger.texts(record_id)
    return Card(record=read_record(text, items), text=text, items=items)


def card_json(card: Card, *, indent: int | None = 1) -> str:
    """Return a card as JSON.

    Args:
        card: The card.
        indent: Blanks per level; None: all on one line, and in ASCII.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "digest": card.record.digest,
        "record": json.loads(card.text),
        "items": json.loads(card.items) if card.items is not None else None,
        "check": CHECK,
    }
    return json.dumps(content, indent=indent, ensure_ascii=indent is None)


def read_card(data: bytes) -> Card:
    """Read a card in any of its formats, and check that it is what was exported.

    Args:
        data: The file, as hostile as any.

    Raises:
        InvalidRequest: It is no card, or not the one that was exported; says which part is not.
    """
    if len(data) > MAX_CARD_BYTES:
        raise InvalidRequest(f"The file has {len(data):,} bytes; a card has {MAX_CARD_BYTES:,}.")
    content = _content(_json_within(data))
    try:
        text = canonical(content["record"])
        items = canonical(content["items"]) if content["items"] is not None else None
        said = content["digest"]
        record = read_record(text, items, is_card=True)
        said_of_items = items_digest(text)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"The card is not whole: {error!r}.", hint=_HINT) from error
    if digest_of(text) != said:
        raise InvalidRequest(
            f"The card was changed after it was exported: it says that its record has the digest "
            f"{str(said)[:12]}, and it has {digest_of(text)[:12]}.",
            hint=_HINT,
        )
    if (digest_of(items) if items is not None else None) != said_of_items:
        raise InvalidRequest(
            "The card was changed after it was exported: its items are not those of its record.",
            hint=_HINT,
        )
    return Card(record=record, text=text, items=items)


def _json_within(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The file is no card: it is not text in UTF-8.") from error
    if text.lstrip().startswith("{"):
        return text
    if (found := _IN_MARKDOWN.search(text)) is not None:
        return found[1]
    if (found := _IN_SVG.search(text)) is not None:
        return html.unescape(found[1])
    raise InvalidRequest(
        "The file is no card of evidence: there is no record in it.",
        hint="A card is Markdown, SVG or JSON that `hearth evidence export` wrote.",
    )


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The card is no sound JSON: {error}.", hint=_HINT) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InvalidRequest("The file is JSON, but no card of evidence.")
    if content.get("version") != VERSION:
        raise InvalidRequest(
            f"The card has version {content.get('version')!r}; this Hearth reads {VERSION}.",
            hint="Install the newest Hearth: pip install -U hearth-llm.",
        )
    return content
