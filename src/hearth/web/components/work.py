"""Long work as a line with a bar: what is done, how fast, and how long it will take still."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from hearth.web import figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far something is, in bytes.

    Args:
        total: Bytes in all; 0 while that is not known.
        rate_per_s: Bytes per second, or None while there is too little to tell from.
    """

    done: int
    total: int
    rate_per_s: float | None = None

    @property
    def share(self) -> float:
        """The part that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def words(self) -> list[str]:
        """The figures beside the bar."""
        if not self.total:
            return []
        words = [f"{figures.size(self.done)} of {figures.size(self.total)}"]
        if self.rate_per_s:
            words.append(figures.byte_rate(self.rate_per_s))
            words.append(figures.remaining((self.total - self.done) / self.rate_per_s))
        return words


@dataclass(slots=True)
class Meter:
    """Counts bytes as they are worked through, and tells how fast that goes.

    Args:
        total: Bytes in all.
    """

    total: int
    done: int = field(default=0, init=False)
    _began_s: float = field(default_factory=time.monotonic, init=False)

    def add(self, num_bytes: int) -> None:
        """Count some more bytes."""
        self.done += num_bytes

    def progress(self) -> Progress:
        """Return how far it is now."""
        passed_s = time.monotonic() - self._began_s
        rate = self.done / passed_s if self.done and passed_s > 0.5 else None
        return Progress(done=self.done, total=self.total, rate_per_s=rate)
