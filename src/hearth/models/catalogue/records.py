"""The rows of the catalogue: a family, a release, a class of size, and the small values in them.

A field that the source does not tell is None or empty, and never a guess.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, Self

Weights = Literal["open", "closed"]
LicenceKind = Literal["permissive", "community", "responsible-use", "non-commercial", "proprietary"]

# Bits that one weight takes in llama.cpp's Q4_0: a block of 32 weights is 16 bytes of 4-bit numbers
# and a 2-byte scale. Source: block_q4_0 in ggml/src/ggml-common.h.
BITS_AT_4_BITS = 4.5
GB = 1_000_000_000

_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([MBT])(?:-A(\d+(?:\.\d+)?)([MBT]))?")
_UNITS = {"M": 1_000_000, "B": 1_000_000_000, "T": 1_000_000_000_000}


@dataclass(frozen=True, slots=True)
class ReleaseDate:
    """A day, or a month where no source tells the day."""

    year: int
    month: int
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2024-04-18` or `2024-04`.

        Raises:
            ValueError: It is neither, or there is no such day.
        """
        found = _DATE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is neither a day (2024-04-18) nor a month (2024-04)")
        year, month, day = int(found[1]), int(found[2]), found[3]
        date(year, month, int(day or 1))
        return cls(year, month, int(day) if day else None)

    def first_day(self) -> date:
        """Return the day, or the first of the month."""
        return date(self.year, self.month, self.day or 1)

    def __str__(self) -> str:
        text = f"{self.year}-{self.month:02}"
        return text if self.day is None else f"{text}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Parameters of a model: all of them, and those used for one token where that is fewer."""

    total: int
    active: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `8B`, or `30B-A3B` for a mixture of experts that uses 3 billion for each token.

        Raises:
            ValueError: It has another form, or uses more than it has.
        """
        found = _SIZE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no size such as 135M, 8B or 30B-A3B")
        total = round(float(found[1]) * _UNITS[found[2]])
        active = round(float(found[3]) * _UNITS[found[4]]) if found[3] else None
        if active is not None and active >= total:
            raise ValueError(f"{text!r} uses more parameters than it has")
        return cls(total, active)

    def __str__(self) -> str:
        return _short(self.total) + (f"-A{_short(self.active)}" if self.active else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that one publisher built on one another.

    Args:
        id: Name in commands and in the tables.
        gguf: Architectures as a GGUF file names them (`general.architecture`).
        hub: Architectures as config.json names them (`architectures`).
        names: Words by which a model's name, or that of its base, gives the family away.
        licences: Kinds of licence under which its models came.
        about: One sentence.
        source: Address of the publisher's page, paper or repository.
    """

    id: str
    name: str
    publisher: str
    about: str
    source: str
    licences: tuple[LicenceKind, ...] = ()
    gguf: tuple[str, ...] = ()
    hub: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One model, or several that came out together.

    Args:
        date: When the publisher made it public, as the source tells.
        family: Id of its family.
        context_length: Longest sequence in tokens, the longest of its sizes.
        weights: "open" where everyone may download them, if under conditions; "closed" where they
            are only served or not at all; None where the source does not tell.
        novelty: What was new in it.
        source: Address of the announcement, paper or model card.
    """

    date: ReleaseDate
    name: str
    family: str
    publisher: str
    novelty: str
    source: str
    sizes: tuple[ModelSize, ...] = ()
    context_length: int | None = None
    licence: str | None = None
    weights: Weights | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the release as plain data."""
        sizes = [asdict(size) for size in self.sizes]
        return {**asdict(self), "date": str(self.date), "sizes": sizes}


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeClass:
    """A class of size, defined by the memory that a model's weights take at 4 bits.

    Args:
        max_4bit_gb: Most memory for the weights in units of 10^9 bytes; None for no limit. The
            context comes on top.
        machine: The kind of machine that runs it.
    """

    name: str
    machine: str
    max_4bit_gb: float | None = None

    @property
    def max_parameters(self) -> int | None:
        """The most parameters that fit, all experts counted."""
        if self.max_4bit_gb is None:
            return None
        return int(self.max_4bit_gb * GB * 8 / BITS_AT_4_BITS)

    @property
    def max_16bit_gb(self) -> float | None:
        """Memory for the weights of its largest model at 16 bits, in units of 10^9 bytes."""
        return None if self.max_parameters is None else self.max_parameters * 2 / GB


def _short(parameters: int) -> str:
    for letter, unit in reversed(_UNITS.items()):
        if parameters >= unit:
            return f"{parameters / unit:g}{letter}"
    return str(parameters)
