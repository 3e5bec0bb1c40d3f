"""`hearth eval`: its commands, in the order in which its help shows them."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def evaluate() -> None:
    """Evaluate a model: what it knows, and how well it does what it is told.

    No evaluator prints a score before it has passed a test of its own.
    """
