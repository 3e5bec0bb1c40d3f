"""Measurements of speed as jobs run them: to a draft, and stopped by an event."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field

from hearth.config import Config
from hearth.engine.cancelling import until_cancelled
from hearth.measure.evidence import Draft, Progress
from hearth.measure.speed.plan import ComparePlan, SpeedPlan
from hearth.measure.speed.running import run_compare, run_speed


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedArguments:
    """What a job is asked for; see `run_speed`.

    Args:
        target: A model's name or path, or [DIALECT+]URL#MODEL.
        plan: What is measured.
        key_from: [HOST=]VARIABLE: where the key of a server is.
        is_trusted: False for requests over the network: they may name neither paths nor servers.
    """

    target: str
    plan: SpeedPlan = field(default_factory=SpeedPlan)
    key_from: tuple[str, ...] = ()
    is_trusted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareArguments:
    """What a job is asked for: two targets, `a` and `b`; see `SpeedArguments`."""

    a: str
    b: str
    plan: ComparePlan = field(default_factory=ComparePlan)
    key_from: tuple[str, ...] = ()
    is_trusted: bool = True


def bench_speed(
    arguments: SpeedArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Measure how fast a target answers, as a job does."""
    work = run_speed(
        config,
        arguments.target,
        arguments.plan,
        progress,
        key_from=arguments.key_from,
        is_trusted=arguments.is_trusted,
    )
    return _run(work, cancelled)


def bench_compare(
    arguments: CompareArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Compare two targets, as a job does."""
    work = run_compare(
        config,
        arguments.a,
        arguments.b,
        arguments.plan,
        progress,
        key_from=arguments.key_from,
        is_trusted=arguments.is_trusted,
    )
    return _run(work, cancelled)


def _run(work: Coroutine[None, None, Draft], cancelled: threading.Event) -> Draft:
    stopped = "The measurement was stopped; nothing of it was noted."
    return asyncio.run(until_cancelled(work, cancelled, stopped))
