"""How many threads compute: as many as planned, fewer where that is measured to be faster.

The engine's threads meet at a barrier hundreds of times per token. When another program takes one
of their cores, all wait for the thread that lost it: on two cores beside several busy programs,
one thread decodes several times faster than two (docs/log.md).

Whether it pays is measured, not guessed, and apart for prompts, for answers, and for steps of both:
prompts gain more from a second thread. What makes the governor try is that others take time on our
cores, or that our threads get clearly less than they ask for; as long as neither happens the plan
holds and nothing is tried. Then other numbers are tried for a moment now and then, and the fastest
is kept. While the cores are known to be taken fewer threads win close calls; else the plan does. A
step of both is tried with fewer only where others are known to take the cores: a chunk of a prompt
is as long as answers may wait, and half the threads make them wait twice as long.

What others did while nothing was computed here is no measure of what they take from us: they may
have been this server's own readers, or a program that has ended since. But if they did little, the
cores are free.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What a step computes: tokens of answers, of prompts, or of both."""

    ANSWERS = "answers"
    PROMPTS = "prompts"
    BOTH = "both"


# Of the processor time that was asked for. A virtual machine with neighbours gets 0.8 of it for
# answers in peace, since a thread that lost its core is waited for.
PEACEFUL_SHARE = {Kind.ANSWERS: 0.65, Kind.PROMPTS: 0.55, Kind.BOTH: 0.55}
# A number of threads is judged over at least this long, and so many steps; over fewer where they
# are long, as a step with 512 tokens of a prompt can take seconds.
WINDOW_S = 0.1
WINDOW_STEPS = 4
LONG_WINDOW_S = 0.4
CROWDED_WINDOW_S = 0.3  # beside others a step's time changes with whoever has the core
RATE_MEMORY = 0.5  # weight of the past in the rate of the number that is in use
# Less than the share in so many windows in a row is crowding; in fewer it is a neighbour's moment,
# and trials at such moments cost 5 % of the decode speed (docs/log.md).
CROWDED_WINDOWS = 5
# Time of our cores that others take. A busy program beside as many threads as there are cores gets
# half a core; a server that sends text to its readers takes a tenth.
CROWDED_CORES = 0.25
PEACEFUL_CORES = 0.15
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
CLEARLY_FASTER = 1.1
# What fewer threads have to win where others are seen to want the cores: they leave them one.
FASTER_FOR_ALL = 1.03


class Watch(Protocol):
    """Tells how many of our cores others take."""

    def begin(self) -> None:
        """Count from now on."""

    def cores(self) -> float | None:
        """Return how many they take since; None where nobody knows, or not yet."""


@dataclass(slots=True)
class _Work:
    """What is known of one kind of work."""

    kind: Kind
    threads: int
    rates: dict[int, float] = field(default_factory=dict)  # tokens/s by number of threads
    trying: int | None = None
    steps: int = 0
    pause_s: float = FIRST_PAUSE_S
    try_at_s: float = 0.0
    tokens: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    crowded_windows: int = 0
    was_crowded: bool = False

    @property
    def fills_a_window(self) -> bool:
        if self.steps < WINDOW_STEPS:
            return self.wall_s >= LONG_WINDOW_S
        return self.wall_s >= (CROWDED_WINDOW_S if self.was_crowded else WINDOW_S)

    def begin_window(self) -> None:
        self.steps, self.tokens, self.wall_s, self.cpu_s = 0, 0, 0.0, 0.0


class ThreadGovernor:
    """Chooses the number of threads for the next step.

    Args:
        planned: Threads in peace.
        watch: Tells what others take; None where nothing can.
        clock: Seconds; for tests.
    """

    def __init__(
        self,
        planned: int,
        *,
        watch: Watch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.planned = planned
        self._watch = watch
        self._clock = clock
        self._work: dict[tuple[Kind, int], _Work] = {}

    def threads(self, num_tokens: int, kind: Kind) -> int:
        """Return the number of threads for a step with so many tokens."""
        work = self._of(num_tokens, kind)
        return work.trying or work.threads

    def is_trying(self, num_tokens: int, kind: Kind) -> bool:
        """Tell whether a step like this one is computed with another number than usual."""
        return self._of(num_tokens, kind).trying is not None

    def resume(self) -> None:
        """Note that nothing was computed for a while."""
        if self._watch is None:
            return
        cores = self._watch.cores()
        self._watch.begin()
        if cores is not None and cores < PEACEFUL_CORES:
            self._work.clear()
        for work in self._work.values():
            work.trying = None
            work.begin_window()

    def note(self, num_tokens: int, kind: Kind, *, wall_s: float, cpu_s: float) -> None:
        """Take what a step used.

        Args:
            num_tokens: Tokens in the step.
            kind: What they belong to.
            wall_s: How long it took.
            cpu_s: Processor time of the whole process meanwhile.
        """
        work = self._of(num_tokens, kind)
        work.steps += 1
        work.tokens += num_tokens
        work.wall_s += wall_s
        work.cpu_s += cpu_s
        if not work.fills_a_window:
            return
        used = work.trying or work.threads
        share, rate = work.cpu_s / (work.wall_s * used), work.tokens / work.wall_s
        work.begin_window()
        others = self._watch.cores() if self._watch is not None else None
        if work.trying is not None:
            self._judge(work, rate)
            return
        is_short = share < PEACEFUL_SHARE[kind]
        work.crowded_windows = work.crowded_windows + 1 if is_short else 0
        self._see(work, others)
        past = work.rates.get(work.threads, rate)
        work.rates[work.threads] = RATE_MEMORY * past + (1.0 - RATE_MEMORY) * rate
        if self._may_try(work, others):
            self._try(work, others)

    def _of(self, num_tokens: int, kind: Kind) -> _Work:
        # Batches of like size are alike: 1, 2, 3-4, 5-8 ... answers, and prompts of any length.
        key = (kind, (num_tokens - 1).bit_length() if kind is Kind.ANSWERS else 0)
        work = self._work.get(key)
        if work is None:
            work = self._work[key] = _Work(kind=kind, threads=self.planned)
        return work

    def _see(self, work: _Work, others: float | None) -> None:
        """Begin anew when others have come or gone: no rate is what it was."""
        if others is None:
            return
        is_crowded = others > (PEACEFUL_CORES if work.was_crowded else CROWDED_CORES)
        if is_crowded != work.was_crowded:
            work.was_crowded = is_crowded
            work.pause_s, work.try_at_s = FIRST_PAUSE_S, 0.0
            work.rates.clear()

    def _may_try(self, work: _Work, others: float | None) -> bool:
        if self._clock() < work.try_at_s or self.planned == 1:
            return False
        if work.was_crowded and others is None:  # it will be known in a moment
            return False
        is_short = work.crowded_windows >= CROWDED_WINDOWS and work.kind is not Kind.BOTH
        return work.was_crowded or is_short or work.threads < self.planned

    def _try(self, work: _Work, others: float | None) -> None:
        step = max(1, self.planned // 4)
        fewer, more = work.threads - step, work.threads + step
        if others is not None and work.threads > 1:
            # Leave them as many cores as they would take: of one that they share they get half.
            free = self.planned - work.threads
            wanted = free + 2 * max(0.0, others - free)
            fewer = max(1, min(work.threads - 1, self.planned - round(wanted)))
        # What is not known yet comes first; otherwise up before down.
        options = [n for n in (more, fewer) if 1 <= n <= self.planned]
        work.trying = min(options, key=lambda n: n in work.rates)

    def _judge(self, work: _Work, rate: float) -> None:
        tried, work.trying = work.trying, None
        if tried is None:
            return
        work.rates[tried] = rate
        gain = rate / work.rates[work.threads]
        if gain > _needed_gain(is_more=tried > work.threads, is_crowded=work.was_crowded):
            work.threads, work.pause_s = tried, FIRST_PAUSE_S
        else:
            work.pause_s = min(2 * work.pause_s, LONGEST_PAUSE_S)
        work.try_at_s = self._clock() + work.pause_s


def _needed_gain(*, is_more: bool, is_crowded: bool) -> float:
    """Return how many times as fast another number of threads has to be, to be kept."""
    if is_crowded:
        return CLEARLY_FASTER if is_more else FASTER_FOR_ALL
    return 1 / CLEARLY_FASTER if is_more else CLEARLY_FASTER
