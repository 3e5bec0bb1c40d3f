"""The text of a record, whose SHA-256 is the record's digest.

It is JSON in one form: keys sorted, no blanks, and a number without a fraction written as a
whole one, so that a reader in any language that prints floats shortest gets the same bytes again.
Anybody can check it without Hearth, in Python by
`json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`.

Sorting loses the order in which figures were given, the most important first, so that `order` has
it. Items lie beside the text, in the same form; the text holds their digest.
"""

from __future__ import annotations

import hashlib
import json
import math
from numbers import Integral, Real
from typing import Any

import msgspec

from hearth.errors import InvalidRequest
from hearth.measure.evidence.record import FORMAT, Draft, Record, Table

MAX_TEXT_BYTES = 8 << 20
MAX_ITEMS_BYTES = 64 << 20

_ORDERED = ("summary", "repeats", "settings")
_WHOLE_BELOW = 2.0**63  # larger ones keep their exponent


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> str:
    """Return plain data as JSON in the one form.

    Raises:
        InvalidRequest: A number in it is not finite, or it holds what JSON has no word for.
    """
    text = json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest("A record holds text in Unicode, without half characters.") from error
    return text


def record_text(draft: Draft, number: int, previous: str, items: str | None) -> str:
    """Return the text of a draft that becomes a record.

    Args:
        draft: The measurement.
        number: Its place in the chain.
        previous: Digest of the record before it.
        items: The text of its items, if it has any.

    Raises:
        InvalidRequest: It is too large, or has a value that JSON has no word for.
    """
    content = _builtins({name: getattr(draft, name) for name in Draft.__dataclass_fields__})
    content |= {"format": FORMAT, "number": number, "previous": previous, "items": None}
    content["order"] = {name: list(content[name]) for name in _ORDERED}
    if items is not None and draft.items is not None:
        content["items"] = {"digest": digest_of(items), "rows": len(draft.items.rows)}
    return _bounded(canonical(content), MAX_TEXT_BYTES, "A record")


def items_text(draft: Draft) -> str | None:
    """Return the text of a draft's items; None where it has none."""
    if draft.items is None:
        return None
    return _bounded(canonical(_builtins(draft.items)), MAX_ITEMS_BYTES, "The items of a record")


def read_record(text: str, items: str | None = None, *, is_card: bool = False) -> Record:
    """Return the record of a text.

    Args:
        text: As `record_text` made it; it is parsed as hostile input.
        items: The text of its items, where these are wanted.
        is_card: Whether it came from another ledger.

    Raises:
        InvalidRequest: It is no record of this format.
    """
    try:
        content = json.loads(text)
        version = content.pop("format")
        if version != FORMAT:
            raise InvalidRequest(
                f"The record has format {version!r}; this Hearth reads format {FORMAT}.",
                hint="Install the newest Hearth: pip install -U hearth-llm.",
            )
        for name, order in content.pop("order").items():
            content[name] = {key: content[name][key] for key in order}
        beside = content.pop("items") or {"rows": 0}
        table = msgspec.convert(json.loads(items), type=Table) if items is not None else None
        return msgspec.convert(
            content
            | {
                "items": table,
                "num_items": beside["rows"],
                "digest": digest_of(text),
                "is_card": is_card,
            },
            type=Record,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # msgspec's own errors are ValueErrors, json's too
        raise InvalidRequest(f"This is no record of evidence: {error}.") from error


def items_digest(text: str) -> str | None:
    """Return the digest that a record's text gives for its items; None where it has none."""
    beside = json.loads(text)["items"]
    return None if beside is None else str(beside["digest"])


def _builtins(value: object) -> Any:
    return msgspec.to_builtins(value, enc_hook=_number)


def _number(value: object) -> object:
    """Return numbers of other libraries as Python's own."""
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise InvalidRequest(f"A record holds plain data, and no {type(value).__name__}.")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidRequest("A record holds finite numbers only.")
        return int(value) if value.is_integer() and abs(value) < _WHOLE_BELOW else value
    return value


def _bounded(text: str, most_bytes: int, what: str) -> str:
    size_bytes = len(text.encode())
    if size_bytes > most_bytes:
        raise InvalidRequest(
            f"{what} would have {size_bytes:,} bytes; at most {most_bytes:,} are kept.",
            hint="Measure fewer items at once.",
        )
    return text
