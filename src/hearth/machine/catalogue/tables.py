"""The tables of the catalogue, read once and strictly, and found by whole names."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

from hearth.errors import NotFound
from hearth.machine.catalogue.records import GpuKind, GpuRow, LinkGroup, LinkRow, MemoryKind

Row = TypeVar("Row", bound=GpuRow | LinkRow)


class BadCatalogue(ValueError):
    """A row of the catalogue breaks its rules."""


@functools.cache
def gpus() -> tuple[GpuRow, ...]:
    """Return all GPUs and chips in the order of the table."""
    return read_gpus(_text("gpus"))


@functools.cache
def links() -> tuple[LinkRow, ...]:
    """Return all links and disks in the order of the table."""
    return read_links(_text("links"))


@functools.cache
def memory_kinds() -> tuple[MemoryKind, ...]:
    """Return all kinds of memory."""
    return read_memory_kinds(_text("memory"))


def find_gpu(name: str) -> GpuRow | None:
    """Return the GPU with this whole name; case and blanks do not count."""
    return _find(gpus(), name)


def find_link(name: str) -> LinkRow | None:
    """Return the link or disk with this whole name; case and blanks do not count."""
    return _find(links(), name)


def find_memory(kind: str) -> MemoryKind:
    """Return a kind of memory.

    Raises:
        NotFound: There is none of this name.
    """
    wanted = plain(kind)
    for row in memory_kinds():
        if plain(row.kind) == wanted:
            return row
    known = ", ".join(row.kind for row in memory_kinds())
    raise NotFound(f"There is no kind of memory {kind!r} in the catalogue.", hint=f"Try {known}.")


def plain(name: str) -> str:
    """Return a name without what people write differently: case, blanks, hyphens, marks."""
    text = name.casefold().replace("(r)", "").replace("(tm)", "")
    return "".join(letter for letter in text if letter.isalnum() or letter in "+.")


def read_gpus(text: str) -> tuple[GpuRow, ...]:
    """Read GPUs from TOML.

    Raises:
        BadCatalogue: A row breaks the rules.
    """
    rows: list[GpuRow] = _rows(text, "gpu", GpuRow)
    for row in rows:
        if row.kind not in get_args(GpuKind):
            raise BadCatalogue(f"{row.name}: kind {row.kind!r}")
        if row.bus_bits and row.gbit_per_pin:
            computed = row.bus_bits * row.gbit_per_pin / 8
            if abs(computed / row.bandwidth_gb_s - 1) > 0.01:
                raise BadCatalogue(f"{row.name}: {row.bandwidth_gb_s} GB/s is not {computed:g}")
    return _checked(rows)


def read_links(text: str) -> tuple[LinkRow, ...]:
    """Read links from TOML.

    Raises:
        BadCatalogue: A row breaks the rules.
    """
    rows: list[LinkRow] = _rows(text, "link", LinkRow)
    for row in rows:
        if row.group not in get_args(LinkGroup):
            raise BadCatalogue(f"{row.name}: group {row.group!r}")
        if not 0 < row.coding[0] <= row.coding[1]:
            raise BadCatalogue(f"{row.name}: coding {row.coding}")
    return _checked(rows)


def read_memory_kinds(text: str) -> tuple[MemoryKind, ...]:
    """Read kinds of memory from TOML.

    Raises:
        BadCatalogue: A row breaks the rules.
    """
    rows: list[MemoryKind] = _rows(text, "memory", MemoryKind)
    for row in rows:
        _check_source(row.kind, row.source)
        if not 0 < row.min_mt_s <= row.max_mt_s:
            raise BadCatalogue(f"{row.kind}: rates {row.min_mt_s} to {row.max_mt_s}")
    return tuple(rows)


def _find(rows: Iterable[Row], name: str) -> Row | None:
    wanted = plain(name)
    return next((row for row in rows if wanted in map(plain, (row.name, *row.also))), None)


def _rows(text: str, kind: str, cls: type[Any]) -> list[Any]:
    table = tomllib.loads(text)
    if set(table) != {kind}:
        raise BadCatalogue(f"only [[{kind}]] rows are allowed, not {sorted(set(table) - {kind})}")
    found = []
    for row in table[kind]:
        values = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
        }
        try:
            found.append(cls(**values))
        except TypeError as error:
            raise BadCatalogue(f"{row.get('name', row)}: {error}") from error
        if any(value <= 0 for value in values.values() if isinstance(value, int | float)):
            raise BadCatalogue(f"{row.get('name', row)}: a figure that is not positive")
    return found


def _checked(rows: Sequence[Row]) -> tuple[Row, ...]:
    seen: set[str] = set()
    for row in rows:
        _check_source(row.name, row.source)
        for name in {plain(one) for one in (row.name, *row.also)}:
            if name in seen:
                raise BadCatalogue(f"{row.name}: the name {name!r} is there more than once")
            seen.add(name)
    return tuple(rows)


def _check_source(name: str, source: str) -> None:
    address = urlsplit(source)
    if address.scheme != "https" or not address.hostname:
        raise BadCatalogue(f"{name}: the source {source!r} is no https address")


def _text(name: str) -> str:
    return resources.files("hearth.machine.catalogue").joinpath(f"{name}.toml").read_text("utf-8")
