"""Energy of a span of time: a value with its range, what it covers, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Covers = Literal["processor", "memory", "GPU", "machine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What some part of a machine took over a span.

    Args:
        joules: Between `low` and `high`, which say how far reading it may be off; how true the
            counter itself is, its maker knows.
        seconds: Length of the span.
        covers: The parts that are in it.
        method: How it was found.
    """

    joules: float
    low: float
    high: float
    seconds: float
    covers: tuple[Covers, ...]
    method: str

    @property
    def watts(self) -> float:
        """Return the mean power."""
        return self.joules / self.seconds

    @property
    def is_whole(self) -> bool:
        """Return whether it covers the whole machine."""
        return "machine" in self.covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a meter read over a span.

    Args:
        parts: One for each source that could be read.
        missing: Why others could not, by what they would cover.
    """

    seconds: float
    parts: tuple[Energy, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> Energy | None:
        """Return the sum of the parts that are counted singly, else the whole; None for none.

        A battery covers the parts as well, but is read coarsely; it is never added to them.
        """
        single = [part for part in self.parts if not part.is_whole]
        chosen = single or self.parts[:1]
        if not chosen:
            return None
        return Energy(
            joules=sum(part.joules for part in chosen),
            low=sum(part.low for part in chosen),
            high=sum(part.high for part in chosen),
            seconds=self.seconds,
            covers=tuple(dict.fromkeys(name for part in chosen for name in part.covers)),
            method=", ".join(dict.fromkeys(part.method for part in chosen)),
        )

    @property
    def why_not(self) -> str:
        """Return why there is no energy, as one sentence."""
        reasons = "; ".join(f"{name}: {reason}" for name, reason in self.missing.items())
        return reasons or "nothing here tells of it"
