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


def start_trying(
    jobs: Jobs, model: str, options: TwinOptions | None = None, *, is_trusted: bool = True
) -> JobRecord:
    """Begin to try a model, or join the same try where it is going on already.

    Args:
        jobs: Where it runs.
        model: See `hearth.measure.twin.try_model`; what cannot be tried fails within the job.
        options: What a person asked for.
        is_trusted: False for requests over the network: they may name neither paths nor servers.
    """
    asked = asdict(options or TwinOptions())
    default = asdict(TwinOptions())
    changed = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in asked.items()
        if value != default[name]
    ]
    arguments = {"model": model, "is_trusted": is_trusted, "options": asked}
    return jobs.start(TRY, ", ".join([model, *changed]), arguments)


def trying_work(config: Config) -> Work:
    """Return the work of a try: it reports steps, and its result is what was found, as data."""

    def work(
        arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        return try_model(
            arguments["model"],
            config,
            TwinOptions(**arguments["options"]),
            is_trusted=arguments["is_trusted"],
            progress=report,
            cancelled=cancelled,
        ).as_data()

    return work
