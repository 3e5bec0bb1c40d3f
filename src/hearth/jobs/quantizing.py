"""Quantizing as a job: the command line, pages and HTTP can begin it, watch it and stop it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hearth.config import Config
from hearth.forge.quantize import QuantizeOptions, quantize
from hearth.jobs.jobs import Jobs
from hearth.jobs.work import Report, Work
from hearth.store.jobs import JobRecord

QUANTIZE = "quantize"


def start_quantizing(
    jobs: Jobs,
    model: str,
    quantization: str,
    options: QuantizeOptions | None = None,
    *,
    is_trusted: bool = True,
) -> JobRecord:
    """Begin to quantize a model, or join the same work where it is going on already.

    Args:
        jobs: Where it runs.
        model: A name of the library or a path; what cannot be quantized fails within the job.
        quantization: What to make of it.
        options: What a person asked for.
        is_trusted: False for requests over the network: they may not name paths.
    """
    options = options or QuantizeOptions()
    arguments = {
        "model": model,
        "quantization": quantization,
        "is_trusted": is_trusted,
        "options": asdict(options),
    }
    called = f" as {options.name}" if options.name else ""
    return jobs.start(QUANTIZE, f"{model} to {quantization.upper()}{called}", arguments)


def quantizing_work(config: Config) -> Work:
    """Return the work of quantizing: it reports bytes, and its result names the new model."""

    def work(
        arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        return quantize(
            arguments["model"],
            arguments["quantization"],
            config,
            QuantizeOptions(**arguments["options"]),
            is_trusted=arguments["is_trusted"],
            progress=report,
            cancelled=cancelled,
        ).as_data()

    return work
