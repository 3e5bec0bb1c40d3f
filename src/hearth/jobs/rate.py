"""How fast something goes of late: over a window, so that a stall shows within seconds."""

from __future__ import annotations

from collections import deque

WINDOW_S = 10.0
MIN_SPAN_S = 0.5  # less says nothing


class Rate:
    """Units per second over the last `WINDOW_S`."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, now_s: float, done: int) -> None:
        """Note how much was done at a moment; going back begins anew."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now_s, done))
        while len(self._seen) > 2 and now_s - self._seen[1][0] >= WINDOW_S:
            self._seen.popleft()

    def per_s(self, now_s: float) -> float | None:
        """Return the rate up to a moment, or None while there is too little to tell from."""
        if not self._seen:
            return None
        first_s, first = self._seen[0]
        if now_s - first_s < MIN_SPAN_S:
            return None
        return (self._seen[-1][1] - first) / (now_s - first_s)
