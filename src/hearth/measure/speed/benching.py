"""Measurements of speed as jobs run them: from plain data to a draft, and stopped by an event."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from typing import Any

from hearth.config import Config
from hearth.engine.cancelling import until_cancelled
from hearth.measure.evidence import Draft, Progress
from hearth.measure.speed.plan import ComparePlan, SpeedPlan, plan_of_data
from hearth.measure.speed.running import run_compare, run_speed


def bench_speed(
    arguments: Mapping[str, Any], config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Measure how fast a target answers.

    Args:
        arguments: `target`, and as they are wanted `plan` (fields of `SpeedPlan`), `key_from` and
            `is_trusted`; see `run_speed`.
        config: Says where Hearth's home is.
        progress: Told how far it is.
        cancelled: Set when it is to stop.
    """
    plan = plan_of_data(arguments.get("plan", {}), SpeedPlan)
    work = run_speed(config, arguments["target"], plan, progress, **_how(arguments))
    return _run(work, cancelled)


def bench_compare(
    arguments: Mapping[str, Any], config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Compare two targets, `a` and `b` of the arguments; see `bench_speed`."""
    plan = plan_of_data(arguments.get("plan", {}), ComparePlan)
    work = run_compare(config, arguments["a"], arguments["b"], plan, progress, **_how(arguments))
    return _run(work, cancelled)


def _how(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arguments[name] for name in ("key_from", "is_trusted") if name in arguments}


def _run(work: Coroutine[None, None, Draft], cancelled: threading.Event) -> Draft:
    stopped = "The measurement was stopped; nothing of it was noted."
    return asyncio.run(until_cancelled(work, cancelled, stopped))
