"""`hearth quantize`: store a model in fewer bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import HearthError, RequestAborted

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.forge.quantize import Offer, QuantizeOptions


def quantize(
    model: Annotated[
        str, typer.Argument(help="A name from `hearth models list`, or a path.", metavar="MODEL")
    ],
    quantization: Annotated[
        str | None,
        typer.Argument(
            help="What to make of it: Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0 ...; without it, all are "
            "listed with their sizes.",
            metavar="[TYPE]",
        ),
    ] = None,
    *,
    name: Annotated[
        str | None, typer.Option(help="Name of the new model; default: MODEL-TYPE.")
    ] = None,
    allow_requantize: Annotated[
        bool,
        typer.Option(
            "--allow-requantize",
            help="Also from weights that are quantized already: the errors of both add up.",
        ),
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help="Threads that compute; default: the usable cores.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be made; write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a smaller copy of a model, check it, and take it into the library.

    The copy appears whole or not at all. Without TYPE, list what the model can be made into.
    """
    from hearth.forge.quantize import QuantizeOptions, offers, plan_quantize

    config = door.settings()
    if quantization is None:
        found = offers(model, config)
        if as_json:
            console.write_json([offer.as_data() for offer in found])
        else:
            _draw_offers(found)
        return
    options = QuantizeOptions(name=name, allow_requantize=allow_requantize, threads=threads)
    plan = plan_quantize(model, quantization, config, options)
    if dry_run:
        if as_json:
            console.write_json(plan.as_data())
        else:
            console.write(f"{plan}\n")
        return
    plan.check()
    console.note(str(plan))
    result = _run(config, model, quantization, options)
    if as_json:
        console.write_json(result)
    else:
        _draw(result)


def _run(config: Config, model: str, quantization: str, options: QuantizeOptions) -> dict[str, Any]:
    """Begin or join the job, show it to its end, and return its result."""
    from contextlib import closing

    from hearth.cli.progress import show_job
    from hearth.config import ensure_home
    from hearth.jobs import JobState, open_jobs, start_quantizing
    from hearth.store.database import open_database

    ensure_home(config)
    with (
        closing(open_database(config)) as database,
        closing(open_jobs(database, config)) as jobs,
    ):
        last = show_job(jobs, start_quantizing(jobs, model, quantization, options).id)
    if last.state is JobState.DONE and last.result is not None:
        return last.result
    if last.error is not None:
        raise HearthError.from_data(last.error)
    raise RequestAborted("The quantizing was interrupted; nothing of the new file is kept.")


def _draw(result: dict[str, Any]) -> None:
    smaller = result["from_bytes"] / result["size_bytes"]
    out = console.out()
    out.print(
        f"[bold]{console.literal(result['name'])}[/bold]  {result['quantization']}, "
        f"{console.size(result['size_bytes'])}: {smaller:.2f} times smaller than "
        f"{console.literal(result['model'])} ({result['from_quantization']}, "
        f"{console.size(result['from_bytes'])}), in {result['seconds']:.1f} s"
    )
    out.print(f"sha256 {result['digest']}")
    name = console.literal(result["name"])
    console.note(f"What it lost: hearth bench distance {result['model']} {name}")


def _draw_offers(found: tuple[Offer, ...]) -> None:
    shown = console.table("type", ">size", ">bits/weight", ">published loss", "")
    for offer in found:
        loss = "" if offer.published_loss is None else f"{offer.published_loss:+.1%}"
        remark = "" if offer.num_changed else "it is this already"
        shown.add_row(
            offer.quantization,
            console.size(offer.size_bytes),
            f"{offer.bits_per_weight:.2f}",
            loss,
            remark,
        )
    console.out().print(shown)
    console.note(
        "Published loss: by how much the perplexity of Llama 3.1 8B rose, quantized from 16 bits. "
        "What a model of yours loses: hearth bench quants MODEL TYPE TYPE"
    )
    again = sorted({kind for offer in found for kind in offer.requantized})
    if again:
        console.note(
            f"Its weights are quantized already ({', '.join(again)}): quantizing them again adds a "
            "second error, and takes --allow-requantize."
        )
