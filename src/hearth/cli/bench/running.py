"""Run a measurement to its end, show how far it is, and take its record out of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hearth.cli import console, door
from hearth.errors import HearthError, RequestAborted

if TYPE_CHECKING:
    from hearth.measure.evidence import Record


def run_bench(kind: str, target: str, arguments: Mapping[str, Any]) -> Record:
    """Begin or join a measurement, show it to its end, and return its record.

    Args:
        kind: One of `hearth.measure.kinds.BENCHES`.
        target: What is measured, and how, as people read it: a measurement of the same words that
            goes on already is joined.
        arguments: What the measurement needs, as plain data.

    Raises:
        HearthError: It failed, or was stopped.
    """
    from contextlib import closing

    from hearth.cli.progress import show_job
    from hearth.config import ensure_home
    from hearth.jobs import JobState, open_jobs, start_bench
    from hearth.measure.evidence import Ledger
    from hearth.store.database import open_database

    config = door.settings()
    ensure_home(config)
    with (
        closing(open_database(config)) as database,
        closing(open_jobs(database, config)) as jobs,
    ):
        last = show_job(jobs, start_bench(jobs, kind, target, arguments).id)
        if last.state is JobState.DONE and last.result is not None:
            return Ledger(database).get(last.result["evidence"])
    if last.error is not None:
        raise HearthError.from_data(last.error)
    raise RequestAborted("The measurement was interrupted; nothing of it was noted.")


def show_notes(record: Record) -> None:
    """Write what a reader must know beside the figures, and where the record is."""
    for sentence in (*record.notes, *record.circumstances.disturbances):
        console.note(f"Note: {sentence.rstrip('.')}.")
    console.out().print(f"evidence {record.id}", style="dim")
