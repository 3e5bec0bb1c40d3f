"""`hearth machine`: what this machine is and can do, measured; and what other machines could."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.machine.drawing import draw, draw_engine
from hearth.cli.machine.listing import draw_catalogue
from hearth.cli.options import AsJson

app = typer.Typer(help="Show what this machine can do, and measure it.", no_args_is_help=False)

MachineText = Annotated[
    str | None,
    typer.Argument(
        help="An imported machine, the file of a profile, or a description such as "
        '"RTX 4090 + 64 GB DDR5-6000 x2"; default: this machine.',
        metavar="MACHINE",
    ),
]
ProfileFile = Annotated[Path, typer.Argument(help="The file of a profile.", metavar="FILE")]


@app.callback(invoke_without_command=True)
def machine(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show what this machine can do; without a subcommand, draw it."""
    if context.invoked_subcommand is None:
        show_machine(as_json=as_json)


@app.command("show")
def show_machine(name: MachineText = None, *, as_json: AsJson = False) -> None:
    """Draw a machine from its disk to its caches: speed, latency and capacity of each level."""
    from hearth.machine.keep import find_machine

    config = door.settings()
    profile = find_machine(config, name)
    if as_json:
        console.write_json(profile)
        return
    draw(profile)
    if name is None:
        draw_engine(config)


@app.command("measure")
def measure_machine(*, as_json: AsJson = False) -> None:
    """Measure memory, caches, disk, loopback, GPUs and the engine's kernels; keep the figures.

    Takes under 20 seconds on a machine that does nothing else, and needs neither root nor network.
    """
    from hearth.measure.machine import measure_all

    profile = measure_all(door.settings(), lambda what: console.note(f"Measuring {what}"))
    if as_json:
        console.write_json(profile)
        return
    draw(profile)


@app.command("export")
def export_machine(file: ProfileFile) -> None:
    """Write this machine's profile to a file, for `hearth machine import` elsewhere.

    It holds figures and names of parts; no folders, addresses or serial numbers.
    """
    from hearth.machine.keep import export_profile

    export_profile(door.settings(), file)
    console.note(f"Written to {file}.")


@app.command("import")
def import_machine(
    file: ProfileFile,
    name: Annotated[
        str | None, typer.Option("--name", help="What to call it; default: the file's name.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take in another machine's profile, to be used by its name."""
    from hearth.machine.keep import import_profile

    chosen = import_profile(door.settings(), file, name)
    if as_json:
        console.write_json({"name": chosen})
    else:
        console.note(f"Imported. `hearth machine show {chosen}` draws it.")


@app.command("list")
def list_machines(*, as_json: AsJson = False) -> None:
    """List imported machines, and the memory, GPUs and links that descriptions may name."""
    from hearth.machine import catalogue
    from hearth.machine.keep import imported_names

    names = imported_names(door.settings())
    if as_json:
        console.write_json(
            {
                "machines": names,
                "gpus": catalogue.gpus(),
                "memory": catalogue.memory_kinds(),
                "links": catalogue.links(),
            }
        )
        return
    if names:
        console.out().print(f"[bold]Imported machines[/bold]\n{', '.join(names)}\n")
    draw_catalogue()
    console.note('Describe a machine by these: hearth machine show "RTX 4090 + DDR5-6000 x2".')
