"""`hearth ps`, `load` and `unload`: the models that a running server holds in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.load_options import with_load_options
from hearth.cli.options import AsJson
from hearth.core import LoadOptions, ModelStatus

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.plan.load import LoadPlan

ModelName = Annotated[str, typer.Argument(help="A name from `hearth models list`, or a path.")]


def ps(*, as_json: AsJson = False) -> None:
    """Show the models in memory, what they use and what they do."""
    config = door.settings()
    found: list[ModelStatus] = []

    async def work() -> None:
        if not await door.has_server(config):
            console.note("No server is running; `hearth up` starts one.")
            return
        async with door.engine(config) as engine:
            found.extend(await engine.status())

    door.run(work())
    if as_json:
        console.write_json(found)
    elif found:
        _draw(found)
    else:
        console.note("No model is in memory.")


def _draw(found: list[ModelStatus]) -> None:
    shown = console.table(
        "model", "state", ">memory", ">context", ">cells", ">running", ">waiting", "confined"
    )
    for status in found:
        shown.add_row(
            console.literal(status.name),
            _state(status),
            console.size(status.resident_bytes),
            f"{status.context:,}",
            f"{status.cells_used:,}/{status.cells:,}",
            str(status.running),
            str(status.waiting),
            "yes" if status.confined else "no",
        )
    console.out().print(shown)


def _state(status: ModelStatus) -> str:
    if status.error:
        return f"{status.state.value}: {console.literal(status.error)}"
    if status.progress < 1:
        return f"{status.state.value} {status.progress:.0%}"
    return status.state.value


@with_load_options
def load(
    model: ModelName,
    *,
    options: LoadOptions,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and its reasons; load nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load a model into the running server; each setting not given is chosen, with a reason."""
    config = door.settings()
    if dry_run:
        _show_plan(_plan(config, model, options), as_json)
        return

    async def work() -> None:
        await door.require_server(config)
        async with door.engine(config) as engine:
            status = await door.load(engine, model, options)
        if as_json:
            console.write_json(status)
        else:
            console.note(
                f"{status.name} is loaded: {console.size(status.resident_bytes)}, "
                f"context {status.context:,} tokens."
            )

    door.run(work())


def _plan(config: Config, model: str, options: LoadOptions) -> LoadPlan:
    from hearth.engine.draft import inspect_draft
    from hearth.engine.simulation.planning import plan_exactly
    from hearth.machine.probe import read_machine
    from hearth.models.gguf.info import inspect
    from hearth.models.library import Library
    from hearth.plan.tunings import tuned_layout

    library = Library(config)
    entry = library.resolve(model)
    info, options = inspect(entry.path), config.load_options(entry.name, options)
    draft = inspect_draft(options, library, inspect)
    tuned = tuned_layout(config, info.files)
    return plan_exactly(info, read_machine(config), options, draft=draft, tuned=tuned)


def _show_plan(plan: LoadPlan, as_json: bool) -> None:
    if as_json:
        console.write_json(plan)
    else:
        console.write(f"{plan}\n")


def unload(model: ModelName) -> None:
    """Take a model out of the running server's memory."""
    config = door.settings()

    async def work() -> None:
        await door.require_server(config)
        async with door.engine(config) as engine:
            await engine.unload(model)
        console.note(f"{model} is unloaded.")

    door.run(work())
