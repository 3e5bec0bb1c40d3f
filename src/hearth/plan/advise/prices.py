"""Prices, which only people know: entered one by one, or kept in a small file.

    currency = "EUR"

    [prices]
    "RTX 4090" = 1600
    "64 GB" = 180

Nothing is looked up and nothing is guessed: prices move, and nobody here has a network.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hearth.errors import InvalidRequest
from hearth.machine.catalogue import find_gpu
from hearth.machine.catalogue.tables import plain

MAX_FILE_BYTES = 2**20
MAX_PRICE = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices by item, however it is spelled.

    Args:
        of: Price of one, by the item's plain name.
        currency: The word for money; None where nobody said one.
    """

    of: Mapping[str, float] = field(default_factory=dict)
    currency: str | None = None

    def total(self, items: Iterable[tuple[str, int]]) -> float | None:
        """Return what items cost together; None where one has no price."""
        found = [(self.of.get(_key(name)), count) for name, count in items]
        known = [price * count for price, count in found if price is not None]
        return sum(known) if len(known) == len(found) else None

    def and_more(self, more: Prices) -> Prices:
        """Return both together; those of `more` win."""
        return Prices(of={**self.of, **more.of}, currency=more.currency or self.currency)


def parse_prices(entries: Iterable[str]) -> Prices:
    """Read prices as they are typed: `RTX 4090=1600`.

    Raises:
        InvalidRequest: An entry has another form.
    """
    found = {}
    for entry in entries:
        name, equals, text = entry.rpartition("=")
        try:
            price = float(text)
        except ValueError:
            price = math.nan
        if not equals or not name.strip():
            raise _refused(entry)
        found[_key(name)] = _checked(entry, price)
    return Prices(of=found)


def read_prices(path: Path) -> Prices:
    """Read a file of prices.

    Raises:
        InvalidRequest: It cannot be read, or is no such file.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _bad_file(path, f"it is larger than {MAX_FILE_BYTES // 2**20} MiB")
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise _bad_file(path, error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad_file(path, str(error)) from error
    unknown = sorted(set(data) - {"currency", "prices"})
    if unknown:
        raise _bad_file(path, f"it has {', '.join(unknown)} besides currency and prices")
    currency, table = data.get("currency"), data.get("prices", {})
    if not isinstance(table, dict) or not isinstance(currency, str | None):
        raise _bad_file(path, "currency is a word, and [prices] a table of numbers")
    return Prices(
        of={_key(name): _checked(name, price) for name, price in table.items()}, currency=currency
    )


def _key(name: str) -> str:
    """Return what an item is found by: a GPU by any of its names, all else by its own."""
    gpu = find_gpu(name)
    return plain(gpu.name if gpu else name)


def _checked(entry: str, price: object) -> float:
    is_number = isinstance(price, int | float) and not isinstance(price, bool)
    if not isinstance(price, int | float) or not is_number or not 0 <= price <= MAX_PRICE:
        raise _refused(entry)
    return float(price)


def _refused(entry: str) -> InvalidRequest:
    return InvalidRequest(
        f"{entry!r} is no price.",
        hint='The form is ITEM=NUMBER, for example --price "RTX 4090=1600".',
        param="price",
    )


def _bad_file(path: Path, reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"The prices in {path} cannot be read: {reason}.",
        hint='A file of prices is TOML: currency = "EUR", and a table [prices] with '
        '"RTX 4090" = 1600.',
        param="prices",
    )
