"""What a worker sends: frames on the pipe, with the text of fast answers gathered into fewer.

Every frame wakes the server and its client, and on a small machine they run on the engine's own
cores. So after a request's first token, text is sent at a pace: often enough to look continuous,
and far less often than a small model speaks. Where the engine computes on every core the pace is
slower, since its other threads wait for the one that lost its core to a frame (docs/log.md).
Where the next step would keep text back far beyond that pace, as chunks of prompts do, it is sent
before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from hearth.core import TokenTrace
from hearth.engine import messages as wire
from hearth.engine.worker.sequences import Ended, StepEvent

RATE_WINDOW_S = 1.0
LATEST = 1.5  # intervals after which text that was gathered has to be sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often text is sent.

    Args:
        gather_s: Least time between two frames of a request.
        frames_per_s: Most frames a second, all requests together.
    """

    gather_s: float
    frames_per_s: float

    def interval_s(self, num_requests: int) -> float:
        """Return the time between two rounds of frames, one for each request."""
        return max(self.gather_s, num_requests / self.frames_per_s)


FREE = Pace(gather_s=0.05, frames_per_s=1000)
CROWDED = Pace(gather_s=0.1, frames_per_s=60)


class _Pending:
    """Text of one request that is not sent yet."""

    __slots__ = ("num_tokens", "text", "traces")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.num_tokens = 0
        self.traces: list[TokenTrace] = []


class Outbox:
    """Sends frames; thread-safe. `add`, `end` and `flush` belong to the main thread.

    Args:
        target: The pipe.
        pace: How often text is sent.
        clock: Seconds; for tests.
    """

    def __init__(
        self, target: BinaryIO, pace: Pace, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._target = target
        self._pace = pace
        self._clock = clock
        self._lock = threading.Lock()
        self._pending: dict[int, _Pending] = {}
        self._spoken: set[int] = set()
        self._flushed_s = 0.0
        self._added_s = 0.0
        self.generated_tokens = 0
        self._rate_since: tuple[float, int] = (0.0, 0)
        self._rate = 0.0

    def send(self, message: wire.Frame) -> None:
        """Write one frame at once."""
        frame = memoryview(wire.encode(message))
        with self._lock:
            while frame:
                frame = frame[self._target.write(frame) :]

    def add(self, events: Iterable[StepEvent]) -> None:
        """Take what a step produced; send what must not wait."""
        urgent = False
        for event in events:
            if isinstance(event, Ended):
                self._flush_one(event.request_id)
                self.end(
                    wire.Done(
                        event.request_id, event.reason, event.stop_text, event.usage, event.timings
                    )
                )
                continue
            pending = self._pending.get(event.request_id)
            if pending is None:
                pending = self._pending[event.request_id] = _Pending()
            pending.text.append(event.text)
            pending.num_tokens += 1
            if event.trace is not None:
                pending.traces.append(event.trace)
            self.generated_tokens += 1
            urgent = urgent or event.request_id not in self._spoken
        now_s = self._clock()
        self._measure(now_s)
        if urgent or self._is_time(now_s):
            self.flush()
        self._added_s = now_s

    def end(self, message: wire.Done | wire.Aborted | wire.Failed) -> None:
        """Send the last message of a request and forget it."""
        self._pending.pop(message.request_id, None)
        self._spoken.discard(message.request_id)
        self.send(message)

    def flush(self) -> None:
        """Send all gathered text."""
        for request_id in list(self._pending):
            self._flush_one(request_id)
        self._flushed_s = self._clock()

    def tokens_per_s(self) -> float:
        """Return generated tokens a second over the last busy second; 0 when long silent."""
        since_s, _ = self._rate_since
        return self._rate if self._clock() - since_s < 2 * RATE_WINDOW_S else 0.0

    def _is_time(self, now_s: float) -> bool:
        """Tell whether to send now, expecting that the next step takes as long as this one."""
        interval_s = self._pace.interval_s(len(self._pending))
        gathered_s, step_s = now_s - self._flushed_s, now_s - self._added_s
        return gathered_s >= interval_s or gathered_s + step_s > LATEST * interval_s

    def _flush_one(self, request_id: int) -> None:
        pending = self._pending.pop(request_id, None)
        if pending is None:
            return
        self._spoken.add(request_id)
        self.send(
            wire.Growth(request_id, "".join(pending.text), pending.num_tokens, pending.traces)
        )

    def _measure(self, now_s: float) -> None:
        since_s, count = self._rate_since
        if now_s - since_s >= 2 * RATE_WINDOW_S:
            self._rate_since = (now_s, self.generated_tokens)
        elif now_s - since_s >= RATE_WINDOW_S:
            self._rate = (self.generated_tokens - count) / (now_s - since_s)
            self._rate_since = (now_s, self.generated_tokens)
