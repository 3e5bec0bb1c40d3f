"""`hearth models`: which models are here, what they are, where they lie. One module per verb."""

from __future__ import annotations

import typer

from hearth.cli.models.list import list_models
from hearth.cli.models.path import write_path
from hearth.cli.models.pull import pull_model
from hearth.cli.models.search import search_models
from hearth.cli.models.show import show_model

app = typer.Typer(help="Show the models that are here.", no_args_is_help=False)
app.command("list")(list_models)
app.command("show")(show_model)
app.command("path")(write_path)
app.command("pull")(pull_model)
app.command("search")(search_models)


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """Show the models that are here; without a subcommand, list them."""
    if context.invoked_subcommand is None:
        list_models(as_json=False)
