"""The group `hearth bench`: which measurements there are. One line for each."""

from __future__ import annotations

import typer

app = typer.Typer(help="Measure models, so that others would believe it.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure models, so that others would believe it: each figure has its record and replays."""
