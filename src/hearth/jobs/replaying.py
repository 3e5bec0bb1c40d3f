"""Replaying evidence as a job: pages and HTTP can begin it, watch it and stop it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from hearth.config import Config
from hearth.errors import RequestAborted
from hearth.jobs.jobs import Jobs
from hearth.jobs.work import Report, Work
from hearth.measure.evidence import Record, Replays, open_ledger, replay, way_to_replay
from hearth.measure.kinds import REPLAYS
from hearth.measure.twin.folder import own_turn
from hearth.store.jobs import JobRecord

REPLAY = "replay"


def start_replay(jobs: Jobs, record: Record) -> JobRecord:
    """Begin to run a record's measurement again, or join the replay that is going on already.

    Raises:
        InvalidRequest: Nothing here can repeat this kind of measurement.
    """
    way_to_replay(record, REPLAYS)
    return jobs.start(REPLAY, f"evidence {record.id}", {"record": record.digest})


def replaying_work(config: Config, replays: Replays = REPLAYS) -> Work:
    """Return the work of a replay: its result names the new record, and whether the two agree.

    Args:
        config: Where to look for the models, and how to run them.
        replays: How each kind is repeated.
    """

    def work(
        arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        def progress(done: int, total: int, doing: str) -> None:
            if cancelled.is_set():
                raise RequestAborted("The replay was stopped; nothing of it was noted.")
            report(done, total, doing)

        def wait() -> None:
            progress(0, 0, "Waiting until another measurement has ended")

        with open_ledger(config) as ledger, own_turn(config, wait):
            found = replay(ledger, ledger.get(arguments["record"]), config, replays, progress)
        return {
            "evidence": found.new.id,
            "replayed": found.old.id,
            "verdict": found.comparison.verdict.value,
        }

    return work
