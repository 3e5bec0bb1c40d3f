"""`hearth try`: measure a model here before it is downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, token_count
from hearth.errors import HearthError, RequestAborted

if TYPE_CHECKING:
    from rich.table import Table

    from hearth.config import Config
    from hearth.measure.twin import TwinOptions


def try_model(
    model: Annotated[
        str,
        typer.Argument(
            help="A name from `hearth models list`, a path, hf:owner/repository:QUANT, "
            "https://..., or a public model with its quantization (llama-3.1-8b:Q4_K_M).",
            metavar="MODEL",
        ),
    ],
    *,
    quant: Annotated[
        str | None, typer.Option(help="Quantization of a public model.", metavar="QUANT")
    ] = None,
    context: Annotated[
        int | None,
        typer.Option(help="Longest sequence: 8192 or 32k.", parser=token_count, metavar="TOKENS"),
    ] = None,
    prompt_tokens: Annotated[
        int | None, typer.Option(help="Longest prompt to measure, and depth of the answers.")
    ] = None,
    users: Annotated[int, typer.Option(help="Answers that are written at once.")] = 1,
    kv_type: Annotated[
        str | None, typer.Option(help="Number format of the KV cache, e.g. f16 or q8_0.")
    ] = None,
    layers: Annotated[
        int | None, typer.Option(help="Most layers to run; the rest is extrapolated.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="How often each figure is measured.")] = 3,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be run; run nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure speed and memory of a model that is not here, by a stand-in without weights.

    Only the header is read. A model larger than the memory is run with fewer layers, and the rest
    is extrapolated.
    """
    from hearth.measure.twin import TwinOptions, plan_try

    options = TwinOptions(
        context=context,
        prompt_tokens=prompt_tokens,
        users=users,
        kv_type=kv_type,
        layers=layers,
        repeats=repeats,
    )
    config = door.settings()
    name = f"{model}:{quant}" if quant else model
    if dry_run:
        plan = plan_try(name, config, options)
        if as_json:
            console.write_json(plan)
        else:
            console.write(f"{plan}\n")
        return
    result = _run(config, name, options)
    if as_json:
        console.write_json(result)
    else:
        _draw(result)


def _run(config: Config, model: str, options: TwinOptions) -> dict[str, Any]:
    """Begin or join the job, show it to its end, and return its result."""
    from contextlib import closing

    from hearth.cli.progress import show_job
    from hearth.config import ensure_home
    from hearth.jobs import JobState, open_jobs, start_trying
    from hearth.store.database import open_database

    ensure_home(config)
    with (
        closing(open_database(config)) as database,
        closing(open_jobs(database, config)) as jobs,
    ):
        last = show_job(jobs, start_trying(jobs, model, options).id)
    if last.state is JobState.DONE and last.result is not None:
        return last.result
    if last.error is not None:
        raise HearthError.from_data(last.error)
    raise RequestAborted(f"The try of {model!r} was interrupted; its stand-in is removed.")


def _draw(result: dict[str, Any]) -> None:
    out = console.out()
    whole, memory = result["whole"], result["whole"]["memory"]
    size = console.size(result["weight_bytes"])
    out.print(
        f"[bold]{console.literal(result['name'])}[/bold]  {console.literal(result['architecture'])}"
        f" {console.literal(result['quantization'])}, {size}, {whole['how']} in "
        f"{result['seconds']:.0f} s"
    )
    out.print(_speeds(whole))
    parts = [f"{part} {console.size(memory[f'{part}_bytes'])}" for part in _PARTS]
    out.print(f"memory: {', '.join(parts)}")
    if memory["anonymous_bytes"] is not None:
        out.print(
            f"        {console.size(memory['anonymous_bytes'])} of its own, and "
            f"{console.size(memory['file_bytes'])} of files, which the system can take back"
        )
    out.print(f"loading: {whole['load_s']['value']:.2g} s")
    for note in result["notes"]:
        console.note(f"Note: {note}.")
    if result["fetched_bytes"]:
        console.note(f"Read {console.size(result['fetched_bytes'])} of {size} over the network.")


_PARTS = ("weights", "kv", "compute", "output")


def _speeds(run: dict[str, Any]) -> Table:
    shown = console.table("", ">tokens/s", ">from", ">to", ">repeats")
    rows = [(f"prompt of {each['tokens']:,} tokens", each) for each in run["prompts"]]
    for each in run["decodes"]:
        users = f", {each['users']:,} at once" if each["users"] > 1 else ""
        rows.append((f"answer after {each['depth']:,} tokens{users}", each))
    for words, each in rows:
        speed = each["tokens_per_s"]
        bounds = (f"{speed[name]:.4g}" for name in ("value", "low", "high"))
        shown.add_row(words, *bounds, str(len(speed["repeats"]) or "extrapolated"))
    return shown
