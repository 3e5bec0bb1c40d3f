"""`hearth models`: which models are here, what they are, where they lie."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.models.info import ModelInfo
    from hearth.models.library import ModelEntry

app = typer.Typer(help="Show the models that are here.", no_args_is_help=False)
ModelName = Annotated[str, typer.Argument(help="A name from `hearth models list`, or a path.")]


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """Show the models that are here; without a subcommand, list them."""
    if context.invoked_subcommand is None:
        list_models(as_json=False)


@app.command("list")
def list_models(*, as_json: AsJson = False) -> None:
    """List the models that are here: the starter, the library's, and those in your folders."""
    from hearth.models.library import Library

    config = door.settings()
    entries = Library(config).list()
    if as_json:
        console.write_json(entries)
        return
    if not entries:
        console.note(f"No model is here yet. Put GGUF files into {config.models_dir}.")
        return
    shown = console.table("name", ">size", "source", "path")
    for entry in entries:
        name, path = console.literal(entry.name), console.literal(str(entry.path))
        shown.add_row(name, console.size(entry.size_bytes), entry.source, path)
    console.out().print(shown)


@app.command()
def show(model: ModelName, *, as_json: AsJson = False) -> None:
    """Show what a model is: architecture, size, quantization, context, chat template."""
    from hearth.models.gguf import read_header
    from hearth.models.info import describe
    from hearth.models.library import Library

    entry = Library(door.settings()).resolve(model)
    info = describe(read_header(entry.path))
    if as_json:
        console.write_json({"entry": entry, "info": info})
    else:
        _draw(entry, info)


@app.command()
def path(model: ModelName) -> None:
    """Write the path of a model's file to stdout."""
    from hearth.models.library import Library

    console.write(f"{Library(door.settings()).resolve(model).path}\n")


def _draw(entry: ModelEntry, info: ModelInfo) -> None:
    shown = console.table("", "")
    shown.show_header = False
    rows: dict[str, Any] = {
        "name": entry.name,
        "path": entry.path,
        "size": console.size(entry.size_bytes),
        "source": entry.source,
    }
    rows |= {field.name.replace("_", " "): getattr(info, field.name) for field in fields(info)}
    for label, value in rows.items():
        shown.add_row(label, console.literal(_readable(value)))
    console.out().print(shown)


def _readable(value: Any) -> str:
    match value:
        case None:
            return "—"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)
