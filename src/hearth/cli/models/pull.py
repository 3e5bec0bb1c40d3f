"""`hearth models pull`, in short `hearth pull`: fetch a model, with its progress on stderr."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import HearthError, InvalidRequest, RequestAborted

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.models.pull import PullOptions, PullPlan

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?(?:/s)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def pull_model(
    reference: Annotated[
        str,
        typer.Argument(
            help="hf:owner/repository[:file-or-quant][@revision], or https://...",
            metavar="REF",
        ),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be fetched; fetch nothing.")
    ] = False,
    limit_rate: Annotated[
        str | None,
        typer.Option(help="Most bytes per second: 500K, 2M, 1.5G.", metavar="RATE"),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(help="Folder to put the files into; default: the hub's cache."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Fetch even more than 50 GiB.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a model and verify it; what was fetched before an interruption is kept."""
    from hearth.config import ensure_home
    from hearth.models.pull import PullOptions, plan_pull

    config = door.settings()
    ensure_home(config)
    options = PullOptions(to=to, max_bytes_per_s=_bytes_per_s(limit_rate), allow_large=yes)
    plan = plan_pull(reference, config=config, options=options)
    if dry_run:
        _show(plan, as_json)
        return
    plan.check(allow_large=yes)
    console.note(str(plan))
    result = _pull(config, reference, options)
    if as_json:
        console.write_json(result)
    else:
        console.note(f"{result['name']} is here: hearth run {result['name']}")
        console.write(f"{result['path']}\n")


def _show(plan: PullPlan, as_json: bool) -> None:
    if as_json:
        console.write_json(plan.as_data())
    else:
        console.write(f"{plan}\n")


def _pull(config: Config, reference: str, options: PullOptions) -> dict[str, object]:
    """Begin or join the job, show it to its end, and return its result."""
    from contextlib import closing

    from hearth.cli.progress import show_job
    from hearth.jobs import JobState, open_jobs, start_pull
    from hearth.store.database import open_database

    with (
        closing(open_database(config)) as database,
        closing(open_jobs(database, config)) as jobs,
    ):
        job = start_pull(jobs, reference, options)
        is_ours = jobs.is_here(job.id)
        if not is_ours:
            console.note("Another program of yours fetches this already; showing how far it is.")
        try:
            last = show_job(jobs, job.id)
        except KeyboardInterrupt:
            _say_how_to_go_on(reference, job.id, is_ours=is_ours)
            raise
    if last.state is JobState.DONE and last.result is not None:
        return last.result
    if last.error is not None:
        raise HearthError.from_data(last.error)
    raise RequestAborted(
        f"The pull of {reference!r} was interrupted; what has come is kept.",
        hint=f"Go on with: hearth pull {reference}",
    )


def _say_how_to_go_on(reference: str, job_id: str, *, is_ours: bool) -> None:
    if is_ours:
        console.note(f"\nStopped; what has come is kept. Go on with: hearth pull {reference}")
    else:
        console.note(f"\nThe other program goes on. Stop it with: hearth jobs cancel {job_id}")


def _bytes_per_s(text: str | None) -> float | None:
    if text is None:
        return None
    found = _RATE.fullmatch(text.strip())
    rate = float(found[1]) * _UNITS[found[2].lower()] if found else 0.0
    if rate < 1:
        raise InvalidRequest(
            f"--limit-rate {text!r} is not a rate.",
            hint="For example --limit-rate 500K or --limit-rate 2M (bytes per second).",
            param="limit_rate",
        )
    return rate
