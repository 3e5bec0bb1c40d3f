"""`hearth models`: which models are here, what they are, where they lie. One module per verb."""

from __future__ import annotations

import typer

from hearth.cli.models.diff import diff_models
from hearth.cli.models.gc import collect_garbage
from hearth.cli.models.import_ import import_model
from hearth.cli.models.list import list_models
from hearth.cli.models.path import write_path
from hearth.cli.models.pull import pull_model
from hearth.cli.models.remove import remove_model, restore_model
from hearth.cli.models.search import search_models
from hearth.cli.models.show import show_model
from hearth.cli.models.template import show_template
from hearth.cli.models.tensors import show_tensors
from hearth.cli.models.verify import verify_model

app = typer.Typer(
    help="Models: which are here, what they are, bring them in, look after them.",
    no_args_is_help=False,
)
app.command("list")(list_models)
app.command("show")(show_model)
app.command("tensors")(show_tensors)
app.command("template")(show_template)
app.command("diff")(diff_models)
app.command("path")(write_path)
app.command("import")(import_model)
app.command("remove")(remove_model)
app.command("restore")(restore_model)
app.command("verify")(verify_model)
app.command("gc")(collect_garbage)
app.command("pull")(pull_model)
app.command("search")(search_models)


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """Show the models that are here; without a subcommand, list them."""
    if context.invoked_subcommand is None:
        list_models(as_json=False)
