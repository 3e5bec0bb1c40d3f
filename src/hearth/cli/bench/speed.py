"""`hearth bench speed`: how fast a model answers, here or on any server."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.bench.options import TARGET_HELP, Answer, KeyFrom, Seed
from hearth.cli.bench.running import run_bench, show_notes
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.measure.evidence import Figure, Record

Target = Annotated[str, typer.Argument(help=TARGET_HELP, metavar="MODEL|URL")]
Prompt = Annotated[
    list[int] | None,
    typer.Option("--prompt", help="Tokens of a prompt; may be repeated.", show_default="512"),
]
Depth = Annotated[
    list[int] | None,
    typer.Option(
        "--depth",
        help="Tokens that it has read before the prompt; may be repeated.",
        show_default="0",
    ),
]
Repeats = Annotated[int, typer.Option("--repeats", help="How often each prompt is answered.")]
Clients = Annotated[
    list[int] | None,
    typer.Option("--clients", help="So many ask at once (closed loop); may be repeated."),
]
Rate = Annotated[
    list[float] | None,
    typer.Option("--rate", help="Requests a second, at random (open loop); may be repeated."),
]
LoadSeconds = Annotated[
    float, typer.Option("--load-seconds", help="How long each --clients and --rate lasts.")
]
Sustained = Annotated[
    float,
    typer.Option("--sustained", help="Seconds of answers without a pause, to see what heat does."),
]


def bench_speed(
    target: Target,
    *,
    prompt: Prompt = None,
    depth: Depth = None,
    answer: Answer = 64,
    repeats: Repeats = 7,
    clients: Clients = None,
    rate: Rate = None,
    load_seconds: LoadSeconds = 20.0,
    sustained: Sustained = 0.0,
    key_from: KeyFrom = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure prompts, first tokens, answers and the time between tokens.

    Times are taken here, at the one who asks, so that models and servers of any make compare. Each
    figure has its interval, and beside it what this machine allows at most.
    """
    from hearth.measure.speed import SpeedPlan, bench_command

    plan = SpeedPlan(
        prompt_lengths=tuple(prompt or (512,)),
        depths=tuple(depth or (0,)),
        answer_tokens=answer,
        repeats=repeats,
        clients=tuple(clients or ()),
        rates=tuple(rate or ()),
        load_s=load_seconds,
        sustained_s=sustained,
        seed=seed,
    )
    keys = list(key_from or ())
    title = " ".join(bench_command("speed", [target], plan, keys)[3:])
    arguments = {"target": target, "plan": asdict(plan), "key_from": keys}
    record = run_bench("speed", title, arguments)
    if as_json:
        console.write_json(record)
        return
    _draw(record)
    show_notes(record)


def _draw(record: Record) -> None:
    from hearth.measure.speed import BOUND, by_series

    out = console.out()
    subject = record.subjects[0]
    about = " ".join(part for part in (subject.architecture, subject.quantization) if part)
    out.print(f"[bold]{console.literal(subject.name)}[/bold]  {console.literal(about)}")
    for series, figures in by_series(record.summary).items():
        shown = console.table(console.literal(series), ">", ">from", ">to", ">at most here", "")
        for name, figure in figures.items():
            if not name.endswith(BOUND):
                shown.add_row(*_row(name, figure, figures.get(f"{name}, {BOUND}")))
        out.print(shown)
        out.print()


def _row(name: str, figure: Figure, bound: Figure | None) -> tuple[str, ...]:
    ends = ("one run", "")
    if figure.low is not None and figure.high is not None:
        ends = (amount(figure.low, figure), amount(figure.high, figure))
    most = f"{bound.value:.4g}" if bound else ""
    unit = "" if figure.unit == "s" else figure.unit
    return (name, amount(figure.value, figure), *ends, most, unit)


def amount(value: float, figure: Figure) -> str:
    """Return a value in the form that suits its figure's unit."""
    if figure.unit != "s":
        return f"{value:.4g}"
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"
