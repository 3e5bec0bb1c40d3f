"""`hearth tune`: find the format and the layout in which this machine computes a model best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.bench.options import Answer, Seed
from hearth.cli.bench.running import run_bench, show_notes
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.measure.evidence import Figure, Record
    from hearth.measure.tuning import TuningPlan, TuningPoint

Candidates = Annotated[
    list[str] | None,
    typer.Argument(
        help="Quantizations to try (Q4_0, Q8_0), which are made where they are missing; default: "
        "usual ones that are no larger than the model.",
        metavar="[TYPE]...",
    ),
]


def tune(
    model: Annotated[
        str, typer.Argument(help="A name from `hearth models list`, or a path.", metavar="MODEL")
    ],
    candidates: Candidates = None,
    *,
    text: Annotated[
        Path | None,
        typer.Option(help="Your own text to measure distances on; default: Hearth's guide."),
    ] = None,
    max_tokens: Annotated[int, typer.Option(help="Most tokens of the text.")] = 8_192,
    context: Annotated[int, typer.Option(help="Tokens of each window of the text.")] = 512,
    prompt: Annotated[int, typer.Option("--prompt", help="Tokens of each prompt.")] = 512,
    answer: Answer = 64,
    rounds: Annotated[int, typer.Option(help="How often each answers.")] = 8,
    limit: Annotated[
        float, typer.Option(help="Most distance of what is proposed, in nats per token.")
    ] = 0.1,
    seed: Seed = 0,
    layouts_only: Annotated[
        bool,
        typer.Option("--layouts-only", help="Try the file as it is; make no copies of it."),
    ] = False,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply",
            help="Use what is proposed from now on; takes the last tuning where there is one.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be tried; make and measure nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find out which format of a model's weights, and which layout, this machine computes best.

    Copies of the model in other formats are made and answer the same requests in each layout; what
    they lose is measured on a text. The proposal is used only with --apply; other copies are
    removed again. Notes say how to go back.
    """
    from hearth.measure.tuning import TuningPlan, with_candidates

    config = door.settings()
    plan = with_candidates(
        TuningPlan(
            model=model,
            candidates=tuple(candidates or ()),
            text=None if text is None else str(text.expanduser().absolute()),
            max_tokens=max_tokens,
            context=context,
            prompt_tokens=prompt,
            answer_tokens=answer,
            rounds=rounds,
            limit=limit,
            seed=seed,
            layouts_only=layouts_only,
        ),
        config,
    )
    if dry_run:
        _show_plan(config, plan, as_json)
        return
    record = _last(config, plan) if apply else None
    if record is None:
        record = run_bench("tuning", " ".join(plan.command[2:]), plan.arguments())
    _show(record, as_json)
    if apply:
        _apply(config, record)
    elif not as_json:
        _say_how_to_apply(record, plan)


def _show(record: Record, as_json: bool) -> None:
    if as_json:
        console.write_json(record)
    else:
        _draw(record)
        show_notes(record)


def _show_plan(config: Config, plan: TuningPlan, as_json: bool) -> None:
    from hearth.forge.quantize import offers

    wanted = [name.upper() for name in plan.candidates]
    made = [offer for offer in offers(plan.model, config) if offer.quantization in wanted]
    if as_json:
        console.write_json(plan.arguments() | {"offers": [offer.as_data() for offer in made]})
        return
    shown = console.table("type", ">size", ">bits/weight", "")
    for offer in made:
        again = ", ".join(offer.requantized)
        remark = f"quantized again from {again}: the errors add up" if again else ""
        shown.add_row(
            offer.quantization,
            console.size(offer.size_bytes),
            f"{offer.bits_per_weight:.2f}",
            remark,
        )
    if made:
        console.out().print(shown)
    console.note(
        f"The model{' and each of these' if made else ''}, in every layout that makes a difference,"
        f" answers {plan.rounds} requests of {plan.prompt_tokens:,} and {plan.answer_tokens:,} "
        f"tokens; distances are measured on {plan.max_tokens:,} tokens of text."
    )


def _last(config: Config, plan: TuningPlan) -> Record | None:
    from hearth.measure.evidence import open_ledger
    from hearth.measure.tuning import last_tuning

    with open_ledger(config) as ledger:
        return last_tuning(plan, ledger, config)


def _draw(record: Record) -> None:
    from hearth.measure.tuning import points_of

    shown = console.table(
        "model", "type", "layout", ">size", ">prompt t/s", ">answer t/s", ">request",
        ">nats/token", ">perplexity", "",
    )  # fmt: skip
    for point in points_of(record):
        shown.add_row(
            console.literal(point.model),
            point.quantization,
            point.layout,
            console.size(point.size_bytes),
            f"{point.prompt.value:.4g}",
            f"{point.decode.value:.4g}",
            f"{point.request.value:.3g} s",
            _shown(point.distance, ".3g"),
            "" if point.perplexity is None else f"{point.perplexity.value - 1:+.2%}",
            _remark(point),
        )
    console.out().print(shown)


def _shown(figure: Figure | None, digits: str) -> str:
    return "" if figure is None else f"{figure.value:{digits}}"


def _remark(point: TuningPoint) -> str:
    marks = ["proposed"] if point.is_choice else []
    marks += ["as it is without tuning"] if point.is_shipped else []
    marks += [point.remark] if point.remark else []
    return "; ".join(marks)


def _say_how_to_apply(record: Record, plan: TuningPlan) -> None:
    from hearth.measure.tuning import points_of

    chosen = next(point for point in points_of(record) if point.is_choice)
    if not chosen.is_shipped:
        console.note(f"To use it from now on: {' '.join((*plan.command, '--apply'))}")


def _apply(config: Config, record: Record) -> None:
    from hearth.measure.tuning import apply_tuning

    done = apply_tuning(record, config)
    name = console.literal(done.model)
    console.note(f"{name} is loaded {done.layout} from now on.")
    if done.default_before is not None:
        console.note(
            f"{name} is the default model now, instead of {console.literal(done.default_before)}: "
            f'to go back, write model = "{done.default_before}" in {done.path}.'
        )
