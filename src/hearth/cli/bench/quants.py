"""`hearth bench quants`: which quantization of a model is sensible on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.bench.options import Answer, Seed
from hearth.cli.bench.running import run_bench, show_notes
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.measure.evidence import Figure
    from hearth.measure.quants import QuantPoint

PLOT_COLUMNS, PLOT_ROWS = 60, 12
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Candidates = Annotated[
    list[str] | None,
    typer.Argument(
        help="Quantizations (Q8_0, Q4_K_M), which are made where they are missing, or models that "
        "are here; default: all that were made of MODEL before.",
        metavar="[TYPE|NAME]...",
    ),
]


def bench_quants(
    model: Annotated[str, typer.Argument(help="The reference: a name or path.", metavar="MODEL")],
    candidates: Candidates = None,
    *,
    text: Annotated[
        Path | None,
        typer.Option(help="Your own text to measure distances on; default: Hearth's guide."),
    ] = None,
    max_tokens: Annotated[int, typer.Option(help="Most tokens of the text.")] = 16_384,
    context: Annotated[int, typer.Option(help="Tokens of each window of the text.")] = 512,
    prompt: Annotated[int, typer.Option("--prompt", help="Tokens of each prompt.")] = 256,
    answer: Answer = 64,
    rounds: Annotated[int, typer.Option(help="How often each model answers.")] = 8,
    limit: Annotated[
        float,
        typer.Option(help="Most distance of the sensible choice, in nats per token."),
    ] = 0.1,
    allow_requantize: Annotated[
        bool,
        typer.Option(
            "--allow-requantize",
            help="Also make them from weights that are quantized already: the errors add up.",
        ),
    ] = False,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Put quantizations of a model side by side: size, speed here, distance on your text.

    All answer the same prompts, round by round; what nothing beats in every way is marked, and the
    sensible one is named with its reason.
    """
    from hearth.measure.quants import QuantsPlan, points_of

    plan = QuantsPlan(
        model=model,
        candidates=tuple(candidates or ()),
        text=None if text is None else str(text.expanduser().absolute()),
        max_tokens=max_tokens,
        context=context,
        prompt_tokens=prompt,
        answer_tokens=answer,
        rounds=rounds,
        limit=limit,
        allow_requantize=allow_requantize,
        seed=seed,
    )
    record = run_bench("quants", " ".join((model, *plan.candidates)), plan.arguments())
    if as_json:
        console.write_json(record)
        return
    _draw(points_of(record))
    show_notes(record)


def _draw(points: Sequence[QuantPoint]) -> None:
    out = console.out()
    shown = console.table(
        "", "model", "type", ">size", ">prompt t/s", ">answer t/s", ">request", ">nats/token",
        ">same token", "",
    )  # fmt: skip
    for letter, point in zip(LETTERS, points, strict=False):
        shown.add_row(
            letter.upper() if point.is_choice else letter,
            console.literal(point.name),
            point.quantization,
            console.size(point.size_bytes),
            f"{point.prompt.value:.4g}",
            f"{point.decode.value:.4g}",
            f"{point.request.value:.3g} s",
            _with_half(point.distance),
            f"{point.same_top.value:.1%}",
            _remark(point),
        )
    out.print(shown)
    out.print()
    for line in plot(points):
        out.print(console.literal(line))
    out.print()


def _remark(point: QuantPoint) -> str:
    if point.is_choice:
        return "the sensible one"
    if point.is_reference:
        return "the reference"
    return "" if point.is_on_front else "beaten in every way"


def _with_half(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3g}"
    return f"{figure.value:.3g} ± {(figure.high - figure.low) / 2:.1g}"


def plot(points: Sequence[QuantPoint]) -> list[str]:
    """Return lines of a plot: distance upwards, tokens of an answer per second to the right.

    Args:
        points: Each drawn as its letter, a capital one for the sensible choice, between its ends.
    """
    fastest = max(point.decode.high or point.decode.value for point in points)
    furthest = max(point.distance.high or point.distance.value for point in points) or 1.0
    grid = [[" "] * PLOT_COLUMNS for _ in range(PLOT_ROWS)]

    def column(speed: float) -> int:
        return min(PLOT_COLUMNS - 1, round(speed / fastest * (PLOT_COLUMNS - 1)))

    marks = []
    for letter, point in zip(LETTERS, points, strict=False):
        row = PLOT_ROWS - 1 - round(point.distance.value / furthest * (PLOT_ROWS - 1))
        speed = point.decode
        if speed.low is not None and speed.high is not None:
            for place in range(column(speed.low), column(speed.high) + 1):
                grid[row][place] = "-"
        marks.append((row, column(speed.value), letter.upper() if point.is_choice else letter))
    for row, place, letter in marks:  # last, so that no whisker hides a point
        grid[row][place] = letter
    labels = {0: f"{furthest:.2g}", PLOT_ROWS - 1: "0"}
    lines = [f"{labels.get(row, ''):>8} |{''.join(cells)}" for row, cells in enumerate(grid)]
    axis = f"{'':>8} +{'-' * PLOT_COLUMNS}"
    words = f"tokens of an answer per second, up to {fastest:.4g}"
    return ["nats per token from the reference", *lines, axis, f"{'':>10}{words:>{PLOT_COLUMNS}}"]
