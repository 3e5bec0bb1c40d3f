"""`hearth jobs`: the long work that goes on, or did; stop it, or go on with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import HearthError, InvalidRequest

if TYPE_CHECKING:
    from hearth.jobs import JobRecord, Jobs

app = typer.Typer(help="Show, stop and resume long work.", no_args_is_help=False)
JobId = Annotated[
    str, typer.Argument(help="The id of a job, or the beginning of one.", metavar="ID")
]
MIN_ID_CHARS = 4


@app.callback(invoke_without_command=True)
def jobs(context: typer.Context) -> None:
    """Show long work; without a subcommand, list it."""
    if context.invoked_subcommand is None:
        list_jobs(as_json=False)


@app.command("list")
def list_jobs(*, as_json: AsJson = False) -> None:
    """List jobs, newest first: what they are about, how far they are, how they ended."""
    with _jobs() as found:
        records = found.list()
    if as_json:
        console.write_json(records)
        return
    if not records:
        console.note("There is no long work. `hearth pull REF` begins some.")
        return
    shown = console.table("id", "work", "about", "state", "")
    for record in records:
        about = console.literal(record.target)
        shown.add_row(record.id[:8], record.kind, about, record.state.value, _details(record))
    console.out().print(shown)


@app.command("cancel")
def cancel_job(job: JobId) -> None:
    """Stop a job, in whichever program it runs; what it has done so far is kept."""
    with _jobs() as found:
        record = _named(found, job)
        if record.state.ended:
            raise InvalidRequest(
                f"The job {record.id[:8]} has ended already: {record.state.value}.",
                hint=f"`hearth jobs resume {record.id[:8]}` goes on with it.",
            )
        found.cancel(record.id)
    console.note(f"The job {record.id[:8]} is asked to stop.")


@app.command("resume")
def resume_job(job: JobId) -> None:
    """Go on with a job that was stopped, interrupted or failed, and show it to its end."""
    from hearth.cli.progress import show_job
    from hearth.jobs import JobState

    with _jobs() as found:
        last = show_job(found, found.resume(_named(found, job).id).id)
    if last.state is not JobState.DONE:
        raise HearthError.from_data(last.error or {"message": "The job was interrupted."})
    console.note(f"{last.target}: done.")


@contextmanager
def _jobs() -> Iterator[Jobs]:
    from contextlib import closing

    from hearth.config import ensure_home
    from hearth.jobs import open_jobs
    from hearth.store.database import open_database

    config = door.settings()
    ensure_home(config)
    with (
        closing(open_database(config)) as database,
        closing(open_jobs(database, config)) as opened,
    ):
        yield opened


def _named(found: Jobs, start: str) -> JobRecord:
    """Return the job that an id, or the beginning of one, means."""
    if len(start) >= MIN_ID_CHARS:
        matches = [record for record in found.list(limit=500) if record.id.startswith(start)]
        if len(matches) == 1:
            return matches[0]
    return found.get(start)


def _details(record: JobRecord) -> str:
    from hearth.cli.progress import summary

    if record.error is not None:
        return console.literal(str(record.error["message"]))
    return summary(record) if record.done or not record.state.ended else ""
