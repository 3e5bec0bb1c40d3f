"""Trying a model as a job: pages and HTTP can begin it, watch it and stop it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hearth.config import Config
from hearth.jobs.jobs import Jobs
from hearth.jobs.work import Report, Work
from hearth.measure.twin import TwinOptions, try_model
from hearth.store.jobs import JobRecord

TRY = "try"


def start_trying(jobs: Jobs, model: str, options: TwinOptions | None = None) -> JobRecord:
    """Begin to try a model, or join the try of it that is going on already.

    Args:
        jobs: Where it runs.
        model: See `hearth.measure.twin.try_model`; what cannot be tried fails within the job.
        options: What a person asked for; a try that is joined goes on as it was begun.
    """
    return jobs.start(TRY, model, {"model": model, **asdict(options or TwinOptions())})


def trying_work(config: Config) -> Work:
    """Return the work of a try: it reports steps, and its result is what was found, as data."""

    def work(
        arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        options = {name: value for name, value in arguments.items() if name != "model"}
        result = try_model(
            arguments["model"],
            config,
            TwinOptions(**options),
            progress=report,
            cancelled=cancelled,
        )
        return result.as_data()

    return work
