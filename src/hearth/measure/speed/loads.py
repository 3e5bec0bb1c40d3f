"""Many requests at once: in a closed loop, or coming at random whether others are done or not.

In a closed loop those who ask wait for a slow server, and so spare it. In an open loop requests
come as a Poisson process does, as people do; their times are counted from the moment at which they
were to be sent, so that a server that stalls pays for all who had to wait ("coordinated omission",
Tene, "How NOT to Measure Latency", 2015).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from hearth.errors import HearthError
from hearth.measure.speed.answers import FIRST_TOKEN, add_gaps
from hearth.measure.speed.findings import Findings, figure_of
from hearth.measure.speed.plan import SpeedPlan
from hearth.measure.speed.prompts import Prompts
from hearth.measure.speed.target import Request, Target, TimedAnswer
from hearth.measure.statistics import bootstrap, mean_interval, wilson

NUM_WINDOWS = 8
RAMP = 0.1  # part of a load at its beginning that throughput is not taken from
RETRY_S = 0.25  # who was refused waits so long
PATIENCE_S = 60.0  # for what is under way when no more is sent
GOOD_FIRST_S, GOOD_GAP_S = 2.0, 0.2  # what people wait for without impatience
FIRST_PERCENTILES = (50, 95)

THROUGHPUT = "all answers together"
ANSWERED = "answered"
GOOD = "answered well"


@dataclass(slots=True)
class Load:
    """What came of the requests of one load.

    Args:
        name: What its figures are called by.
        answers: Each with the moment for which it was meant, in seconds since the load began.
        failures: Likewise, with what went wrong.
    """

    name: str
    answers: list[tuple[float, TimedAnswer]] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)


class LoadMaker:
    """Sends requests to a target.

    Args:
        target: Is ready.
        plan: Says how long, and what.
        prompts: To ask.
        tell: Told what goes on.
    """

    def __init__(
        self, target: Target, plan: SpeedPlan, prompts: Prompts, tell: Callable[[str], None]
    ) -> None:
        self._target = target
        self._plan = plan
        self._prompts = prompts
        self._tell = tell
        self._began_s = 0.0

    async def closed(self, num_clients: int) -> Load:
        """Let so many ask at once, each again as soon as it has its answer."""
        load = Load(name=closed_name(num_clients))
        self._begin(load)

        async def client() -> None:
            while self._now_s() < self._plan.load_s:
                if not await self._ask(load, self._now_s()):
                    await asyncio.sleep(RETRY_S)

        await self._finish(load, [asyncio.create_task(client()) for _ in range(num_clients)])
        return load

    async def open(self, rate_per_s: float) -> Load:
        """Send requests at random moments, so many per second on average."""
        load = Load(name=f"{rate_per_s:g} per second")
        draw = random.Random(f"{self._plan.seed} {rate_per_s}")
        self._begin(load)
        tasks: list[asyncio.Task[bool]] = []
        due_s = draw.expovariate(rate_per_s)
        while due_s < self._plan.load_s or not tasks:
            await asyncio.sleep(due_s - self._now_s())
            tasks.append(asyncio.create_task(self._ask(load, due_s)))
            due_s += draw.expovariate(rate_per_s)
        await self._finish(load, tasks)
        return load

    def _begin(self, load: Load) -> None:
        self._tell(f"{load.name}, for {self._plan.load_s:g} s")
        self._began_s = time.perf_counter()

    def _now_s(self) -> float:
        return time.perf_counter() - self._began_s

    async def _ask(self, load: Load, due_s: float) -> bool:
        """Ask, and return whether there was an answer."""
        length = self._plan.prompt_lengths[0]
        request = Request(prompt=self._prompts.text(length), max_tokens=self._plan.answer_tokens)
        late_s = self._now_s() - due_s
        try:
            answer = await self._target.answer(request)
        except HearthError as error:
            load.failures.append((due_s, error.message))
            return False
        times_s = tuple(late_s + each for each in answer.times_s)
        load.answers.append((due_s, replace(answer, times_s=times_s)))
        return True

    async def _finish(self, load: Load, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Wait for what is under way, but not for ever; give the rest up."""
        left_s = max(0.0, self._plan.load_s - self._now_s()) + PATIENCE_S
        try:
            _, waiting = await asyncio.wait(tasks, timeout=left_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        load.failures += [
            (self._plan.load_s, f"no answer within {PATIENCE_S:g} s after the last was sent")
            for _ in waiting
        ]


def closed_name(num_clients: int) -> str:
    """Return what the figures of a closed loop are called by."""
    return f"{num_clients:,} at once"


def add_load(findings: Findings, load: Load, plan: SpeedPlan) -> None:
    """Take in the figures of a load."""
    for due_s, answer in load.answers:
        findings.add_answer(load.name, due_s, answer)
    for due_s, why in load.failures:
        findings.add_failure(load.name, due_s, why)
    answers = [answer for _, answer in load.answers]
    num_sent = len(answers) + len(load.failures)
    _add_share(findings, f"{load.name}: {ANSWERED}", len(answers), num_sent, "")
    if load.failures:
        findings.note(
            f"{load.name}: {len(load.failures)} failed; one of them: {load.failures[0][1]}"
        )
    if not answers:
        return
    what = f"first token in {GOOD_FIRST_S:g} s, 99 % of gaps under {GOOD_GAP_S * 1000:g} ms; "
    _add_share(findings, f"{load.name}: {GOOD}", sum(map(_is_good, answers)), num_sent, what)
    _add_throughput(findings, load, plan)
    _add_first_tokens(findings, load.name, answers, plan.seed)
    add_gaps(findings, load.name, answers, plan.seed)


def _add_share(findings: Findings, name: str, part: int, num_sent: int, what: str) -> None:
    interval = wilson(part, num_sent)
    ends = {each: 100 * getattr(interval, each) for each in ("value", "low", "high")}
    figure = figure_of(
        replace(interval, **ends), "%", f"{what}{part:,} of {num_sent:,} requests", "better"
    )
    findings.add(name, figure)


def _is_good(answer: TimedAnswer) -> bool:
    gaps = answer.gaps_s
    return answer.first_token_s <= GOOD_FIRST_S and (
        not gaps or float(np.percentile(gaps, 99)) <= GOOD_GAP_S
    )


def _add_throughput(findings: Findings, load: Load, plan: SpeedPlan) -> None:
    """Take in tokens per second of all answers, over windows of the time in which requests came."""
    edges = np.linspace(RAMP * plan.load_s, plan.load_s, NUM_WINDOWS + 1)
    windows = np.zeros(NUM_WINDOWS)
    for due_s, answer in load.answers:
        arrived, _ = np.histogram(due_s + np.asarray(answer.times_s), edges)
        windows += arrived * answer.completion_tokens / len(answer.times_s)
    speeds = windows / np.diff(edges)
    interval = mean_interval(speeds.tolist())
    interval = replace(interval, low=max(0.0, interval.low))
    what = f"mean of {NUM_WINDOWS} windows"
    findings.add(
        f"{load.name}: {THROUGHPUT}",
        figure_of(interval, "tokens/s", what, "better"),
        speeds.tolist(),
    )


def _add_first_tokens(findings: Findings, name: str, answers: list[TimedAnswer], seed: int) -> None:
    firsts = [answer.first_token_s for answer in answers]
    for percent in FIRST_PERCENTILES:
        interval = bootstrap(firsts, partial(np.percentile, q=percent, axis=1), seed=seed)
        what = f"p{percent} of {len(firsts)} requests"
        findings.add(
            f"{name}: {FIRST_TOKEN} p{percent}", figure_of(interval, "s", what, "worse"), firsts
        )
