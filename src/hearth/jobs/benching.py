"""Measurements as jobs: any that ends in a record of evidence can be begun, watched and stopped.

Two measurements at once would slow each other, in whichever programs they run; so each waits for
its turn. What a bench does is a plain function of the measuring package, which knows nothing of
jobs; its table is here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hearth.config import Config
from hearth.errors import InvalidRequest, RequestAborted
from hearth.jobs.jobs import Jobs
from hearth.jobs.work import Report, Work
from hearth.measure.evidence import Draft, open_ledger
from hearth.measure.twin.folder import own_turn
from hearth.store.jobs import JobRecord

BENCH = "bench"


class Bench(Protocol):
    """A measurement: from its arguments, as plain data, to a draft for the ledger.

    It ends soon after `cancelled` is set, by raising RequestAborted.
    """

    def __call__(
        self,
        arguments: Mapping[str, Any],
        config: Config,
        progress: Report,
        cancelled: threading.Event,
    ) -> Draft:
        """Measure."""


def _quants() -> Bench:
    from hearth.measure.quants import bench_quants

    return bench_quants


def _tuning() -> Bench:
    from hearth.measure.tuning import bench_tuning

    return bench_tuning


def _conversation() -> Bench:
    from hearth.measure.conversation import bench_conversation

    return bench_conversation


def _harm() -> Bench:
    from hearth.measure.harm import bench_harm

    return bench_harm


def _harness() -> Bench:
    from hearth.measure.harness import bench_harness

    return bench_harness


def _instruction() -> Bench:
    from hearth.measure.instruction import bench_instruction

    return bench_instruction


def _language() -> Bench:
    from hearth.measure.language import bench_language

    return bench_language


def _suite() -> Bench:
    from hearth.measure.suites import bench_suite

    return bench_suite


def _speed() -> Bench:
    from hearth.measure.speed import bench_speed

    return bench_speed


def _compare() -> Bench:
    from hearth.measure.speed import bench_compare

    return bench_compare


def _truth() -> Bench:
    from hearth.measure.truth import bench_truth

    return bench_truth


def _choices() -> Bench:
    from hearth.measure.choices import bench_choices

    return bench_choices


def _perplexity() -> Bench:
    from hearth.measure.perplexity import bench_perplexity

    return bench_perplexity


def _distance() -> Bench:
    from hearth.measure.perplexity import bench_distance

    return bench_distance


# Imported when they are wanted: statistics and their libraries are slow to come.
BENCHES: Mapping[str, Callable[[], Bench]] = {
    "perplexity": _perplexity,
    "distance": _distance,
    "quants": _quants,
    "tuning": _tuning,
    "speed": _speed,
    "compare": _compare,
    "conversation": _conversation,
    "harm": _harm,
    "harness": _harness,
    "instruction": _instruction,
    "language": _language,
    "suite": _suite,
    "truth": _truth,
    "choices": _choices,
}


def start_bench(jobs: Jobs, kind: str, target: str, arguments: Mapping[str, Any]) -> JobRecord:
    """Begin a measurement, or join the same where it is going on already.

    Args:
        jobs: Where it runs.
        kind: One of `BENCHES`.
        target: What is measured, as people read it; of one kind and target, one runs.
        arguments: What the bench needs, as plain data; see the measuring package.

    Raises:
        InvalidRequest: There is no such bench.
    """
    _bench(kind)
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

        bench = _bench(arguments["bench"])()
        with open_ledger(config) as ledger, own_turn(config, wait):
            record = ledger.add(bench(arguments["arguments"], config, report, cancelled))
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


def _bench(kind: str) -> Callable[[], Bench]:
    if kind not in BENCHES:
        raise InvalidRequest(
            f"There is no measurement {kind!r} that can be a job.",
            hint=f"There is {', '.join(BENCHES)}.",
            param="kind",
        )
    return BENCHES[kind]
