"""The command tree: which commands exist, in the order in which `hearth --help` shows them."""

from __future__ import annotations

from typing import Annotated

import typer

from hearth import __version__
from hearth.cli import answer, checks, loaded, look, models, server
from hearth.cli.chat import command as chat

app = typer.Typer(
    name="hearth",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

_START = "Start"
_TALK = "Talk to a model"
_MODELS = "Models"
_SEE = "See inside"
_MACHINE = "This machine"


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", is_eager=True)
    ] = False,
) -> None:
    """Run your own LLM at home. `hearth "prompt"` asks the default model.

    Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    if version:
        typer.echo(f"hearth {__version__}")
        raise typer.Exit


app.command(rich_help_panel=_START)(server.up)
app.command(rich_help_panel=_START)(server.serve)
app.command(rich_help_panel=_TALK)(answer.run)
app.command(rich_help_panel=_TALK)(answer.ask)
app.command(rich_help_panel=_TALK)(chat.chat)
app.add_typer(models.app, name="models", rich_help_panel=_MODELS)
app.command(rich_help_panel=_MODELS)(loaded.ps)
app.command(rich_help_panel=_MODELS)(loaded.load)
app.command(rich_help_panel=_MODELS)(loaded.unload)
app.command("next", rich_help_panel=_SEE)(look.next_tokens)
app.command(rich_help_panel=_SEE)(look.tokens)
app.command(rich_help_panel=_MACHINE)(checks.doctor)
app.command(rich_help_panel=_MACHINE)(checks.config)


def command_names() -> set[str]:
    """Return the names of all commands and command groups."""
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    return commands | {group.name for group in app.registered_groups}
