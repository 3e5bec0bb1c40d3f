"""Measuring this machine as a job: pages and HTTP can begin it, watch it and stop it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from hearth.config import Config
from hearth.errors import RequestAborted
from hearth.jobs.jobs import Jobs
from hearth.jobs.work import Report, Work
from hearth.measure.machine import measure_all
from hearth.store.jobs import JobRecord

MEASURE = "measure"
THIS_MACHINE = "this machine"


def start_measuring(jobs: Jobs) -> JobRecord:
    """Begin to measure this machine, or join the measurement that is going on already."""
    return jobs.start(MEASURE, THIS_MACHINE, {})


def measuring_work(config: Config) -> Work:
    """Return the work of a measurement: it tells what is being measured, and keeps the figures."""

    def work(
        arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        def tell(what: str) -> None:
            if cancelled.is_set():
                raise RequestAborted("The measurement was stopped; the figures before it stand.")
            report(0, 0, f"Measuring {what}")

        profile = measure_all(config, tell)
        return {"date": profile.date, "seconds": profile.seconds}

    return work
