"""Pulls as jobs: what the command line, the pages and HTTP call to fetch a model."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hearth.config import Config
from hearth.jobs.benching import BENCH, benching_work
from hearth.jobs.jobs import Jobs
from hearth.jobs.measuring import MEASURE, measuring_work
from hearth.jobs.quantizing import QUANTIZE, quantizing_work
from hearth.jobs.replaying import REPLAY, replaying_work
from hearth.jobs.trying import TRY, trying_work
from hearth.jobs.work import Report, Work
from hearth.models.pull import PullOptions, PullProgress, pull
from hearth.store.database import Database
from hearth.store.jobs import JobRecord

PULL = "pull"


def open_jobs(database: Database, config: Config) -> Jobs:
    """Return the jobs of this process, able to do all that Hearth does as jobs."""
    works = {
        PULL: pull_work(config),
        MEASURE: measuring_work(config),
        TRY: trying_work(config),
        QUANTIZE: quantizing_work(config),
        BENCH: benching_work(config),
        REPLAY: replaying_work(config),
    }
    return Jobs(database, works)


def start_pull(jobs: Jobs, reference: str, options: PullOptions | None = None) -> JobRecord:
    """Begin to pull a model, or join the pull that is going on already.

    Args:
        jobs: Where it runs.
        reference: `hf:owner/repository[:file-or-quant][@revision]` or `https://...`; what cannot
            be pulled fails within the job.
        options: How; a pull that is joined goes on as it was begun.
    """
    options = options or PullOptions()
    arguments = {
        "reference": reference,
        "to": None if options.to is None else str(options.to.expanduser().absolute()),
        "max_bytes_per_s": options.max_bytes_per_s,
        "allow_large": options.allow_large,
        "is_trusted": options.is_trusted,
    }
    target = reference if options.to is None else f"{reference} -> {arguments['to']}"
    return jobs.start(PULL, target, arguments)


def pull_work(config: Config) -> Work:
    """Return the work of a pull: it reports bytes, and its result names the model."""

    def work(
        arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        def tell(progress: PullProgress) -> None:
            report(progress.done_bytes, progress.total_bytes, progress.doing)

        to = arguments["to"]
        entry = pull(
            arguments["reference"],
            config=config,
            on_progress=tell,
            cancelled=cancelled,
            options=PullOptions(
                to=None if to is None else Path(to),
                max_bytes_per_s=arguments["max_bytes_per_s"],
                allow_large=arguments["allow_large"],
                is_trusted=arguments["is_trusted"],
            ),
        )
        return {"name": entry.name, "path": str(entry.path), "size_bytes": entry.size_bytes}

    return work
