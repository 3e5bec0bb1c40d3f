"""Entry of the probe: one job as JSON on its standard input, one report on its output.

A process of its own, because native code can kill the process that runs it, because the engine's
threads stay with a process that has computed, and because they are bound to cores as a worker's.
"""

from __future__ import annotations

import os
import sys

import msgspec

from hearth.children import tie_to_parent
from hearth.engine.probe.kernels import KernelBench
from hearth.engine.probe.messages import Job, ModelJob, ModelReport, Report
from hearth.engine.probe.models import time_model
from hearth.errors import HearthError


def main() -> int:
    """Time what is asked for and write what was found."""
    tie_to_parent()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job | ModelJob)
    report = _report(job)
    sys.stdout.buffer.write(msgspec.json.encode(report))
    sys.stdout.buffer.flush()
    # Native destructors run threads down in an order that is not ours.
    os._exit(1 if report.error else 0)


def _report(job: Job | ModelJob) -> Report | ModelReport:
    try:
        return Report(timings=KernelBench(job).run()) if isinstance(job, Job) else time_model(job)
    except HearthError as error:
        return Report(error=str(error)) if isinstance(job, Job) else ModelReport(error=str(error))


if __name__ == "__main__":
    raise SystemExit(main())
