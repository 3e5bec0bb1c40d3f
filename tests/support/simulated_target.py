"""Targets whose times are drawn and not waited for, on a machine as unsteady as real ones are.

Two targets share a machine: it drifts, other programs get in the way for single answers, and each
answer has noise of its own. Nothing sleeps, so that a session takes milliseconds.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from hearth.measure.speed import Request, TargetFacts, TimedAnswer

TOKENS_PER_WORD = 1.25
TEMPLATE_TOKENS = 11


@dataclass
class SimulatedMachine:
    """What disturbs everything that runs on it.

    Args:
        seed: Of all its whims.
        noise: Standard deviation of an answer's speed, as a part of it.
        drift: The same of what changes slowly; half of it is forgotten in `drift_s`.
        burst_chance: How likely an answer is to be slowed by another program, by up to half.
    """

    seed: int
    noise: float = 0.04
    drift: float = 0.1
    drift_s: float = 30.0
    burst_chance: float = 0.05
    now_s: float = 0.0
    level: float = 0.0
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def slowness(self) -> float:
        """Return by what factor the next answer takes longer than on a quiet machine."""
        slow = math.exp(self.level + self.draw.gauss(0, self.noise))
        if self.draw.random() < self.burst_chance:
            slow *= 1 + self.draw.uniform(0.1, 0.5)
        return slow

    def passes(self, seconds: float) -> None:
        """Let time go by, and the machine drift."""
        self.now_s += seconds
        keeps = 0.5 ** (seconds / self.drift_s)
        self.level = keeps * self.level + math.sqrt(1 - keeps**2) * self.draw.gauss(0, self.drift)


@dataclass
class SimulatedTarget:
    """A target on such a machine.

    Args:
        machine: Shared by those that are compared.
        slowdown: Times as long as a slowdown of 1 takes.
        prompt_speed: Tokens per second on a quiet machine; `decode_speed` likewise.
        counts: Whether it says how many tokens there were.
    """

    machine: SimulatedMachine
    slowdown: float = 1.0
    prompt_speed: float = 400.0
    decode_speed: float = 50.0
    counts: bool = True
    is_in_memory: bool = True
    asked: list[Request] = field(default_factory=list)
    closed: bool = False

    async def prepare(self) -> TargetFacts:
        return TargetFacts(
            name="http://simulated#model", model="model", dialect="openai", is_here=False
        )

    async def answer(self, request: Request) -> TimedAnswer:
        self.asked.append(request)
        tokens = round(TEMPLATE_TOKENS + TOKENS_PER_WORD * len(request.prompt.split()))
        first_s = tokens / self.prompt_speed * self.slowdown * self.machine.slowness()
        gap_s = self.slowdown / self.decode_speed * self.machine.slowness()
        times_s = tuple(first_s + gap_s * number for number in range(request.max_tokens))
        self.machine.passes(times_s[-1])
        return TimedAnswer(
            times_s=times_s,
            first_tokens=None,
            prompt_tokens=tokens if self.counts else None,
            cached_tokens=0 if self.counts else None,
            completion_tokens=request.max_tokens,
            is_counted=self.counts,
        )

    async def is_ready(self) -> bool:
        return self.is_in_memory

    async def close(self) -> None:
        self.closed = True
