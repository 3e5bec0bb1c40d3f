"""`hearth engine`: what the engine was built for, and how to build it for what is here."""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest

app = typer.Typer(help="Show what the engine was built for; build it anew.", no_args_is_help=False)


@app.callback(invoke_without_command=True)
def engine(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show what the engine was built for."""
    if context.invoked_subcommand is not None:
        return
    from hearth.doctor.engine import read_build

    build = read_build()
    if as_json:
        flags = sorted(build.flags)
        told = {"version": build.version, "flags": flags, "gpu_offload": build.gpu_offload}
        console.write_json({**told, "problem": build.problem})
        return
    gpu = "uses a GPU" if build.gpu_offload else "computes on the processor alone"
    words = f"llama-cpp-python {build.version} {gpu}; built with {', '.join(sorted(build.flags))}."
    console.write(f"{build.problem or words}\n")
    if build.cure:
        console.note(f"Hint: {build.cure}")


@app.command("build")
def build_anew(
    *,
    cuda: Annotated[bool, typer.Option("--cuda", help="For NVIDIA's GPUs.")] = False,
    rocm: Annotated[bool, typer.Option("--rocm", help="For AMD's GPUs.")] = False,
    sycl: Annotated[bool, typer.Option("--sycl", help="For Intel's GPUs, with oneAPI.")] = False,
    vulkan: Annotated[bool, typer.Option("--vulkan", help="For any GPU with Vulkan.")] = False,
    metal: Annotated[bool, typer.Option("--metal", help="For Apple's chips.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be run, and stop.")
    ] = False,
) -> None:
    """Build the engine for a GPU, or for this processor alone; prove it; then put it in place.

    The engine that is here stays until the new one has answered. Takes minutes, and needs the
    network once, for the engine's source.
    """
    from hearth.doctor.building import build_engine, plan_build

    given = {"cuda": cuda, "rocm": rocm, "oneapi": sycl, "vulkan": vulkan, "metal": metal}
    kinds = [kind for kind, is_given in given.items() if is_given]
    if len(kinds) > 1:
        raise InvalidRequest(
            f"{len(kinds)} kinds of GPU are given; the engine is built for one.",
            hint="Give one of --cuda, --rocm, --sycl, --vulkan, --metal.",
        )
    plan = plan_build(kinds[0] if kinds else None)
    if dry_run:
        console.write(f"{plan}\n")
        return
    build = build_engine(plan, door.settings(), console.note)
    console.note(f"Done: llama-cpp-python {build.version} for {plan.title}. Restart `hearth up`.")
