"""Measurements as jobs: any that ends in a record of evidence can be begun, watched and stopped.

Two measurements at once would slow each other, in whichever programs they run; so each waits for
its turn. What a bench does is a plain function of a measuring package, which knows nothing of jobs.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from hearth.config import Config
from hearth.errors import RequestAborted
from hearth.jobs.jobs import Jobs
from hearth.jobs.work import Report, Work
from hearth.measure.evidence import open_ledger
from hearth.measure.kinds import bench_of
from hearth.measure.twin.folder import own_turn
from hearth.store.jobs import JobRecord

BENCH = "bench"


def start_bench(jobs: Jobs, kind: str, target: str, arguments: Mapping[str, Any]) -> JobRecord:
    """Begin a measurement, or join the same where it is going on already.

    Args:
        jobs: Where it runs.
        kind: One of `hearth.measure.kinds.BENCHES`.
        target: What is measured, as people read it; of one kind and target, one runs.
        arguments: What the bench needs, as plain data; see the measuring package.

    Raises:
        InvalidRequest: There is no such bench, or its arguments are wrong.
    """
    bench_of(kind, arguments)
    return jobs.start(BENCH, f"{kind} {target}", {"bench": kind, "arguments": dict(arguments)})


def benching_work(config: Config) -> Work:
    """Return the work of a measurement: its result names the record, and has its figures."""

    def work(
        arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        def wait() -> None:
            report(0, 0, "Waiting until another measurement has ended")
            if cancelled.is_set():
                raise RequestAborted("The measurement was stopped before it began.")

        bench = bench_of(arguments["bench"], arguments["arguments"])
        with open_ledger(config) as ledger, own_turn(config, wait):
            record = ledger.add(bench(config, report, cancelled))
        return {
            "evidence": record.id,
            "bench": arguments["bench"],
            "summary": {
                name: {"value": one.value, "low": one.low, "high": one.high, "unit": one.unit}
                for name, one in record.summary.items()
            },
            "notes": list(record.notes),
        }

    return work
