"""`hearth bench perplexity`: how well a model expects a text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.bench.running import run_bench, show_notes
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.measure.evidence import Figure, Record

Text = Annotated[
    Path | None,
    typer.Option(help="Your own text to measure on; default: the prose of Hearth's guide."),
]
MaxTokens = Annotated[int | None, typer.Option(help="Most tokens of the text; default: all.")]
Threads = Annotated[
    int | None, typer.Option(help="Threads that compute; default: as the machine has them.")
]
Contexts = Annotated[
    list[int] | None,
    typer.Option("--context", help="Tokens of each window; may be repeated.", show_default="512"),
]
KvTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--kv-type", help="Number format of keys and values; may be repeated.", show_default="f16"
    ),
]
Ropes = Annotated[
    list[str] | None,
    typer.Option(
        "--rope",
        help="Scaling of positions, linear:F, ntk:F or yarn:F, or none; may be repeated.",
        show_default="none",
        metavar="METHOD:FACTOR",
    ),
]


def bench_perplexity(
    model: Annotated[str, typer.Argument(help="A name from `hearth models list`, or a path.")],
    *,
    text: Text = None,
    context: Contexts = None,
    kv_type: KvTypes = None,
    rope: Ropes = None,
    by_position: Annotated[
        bool,
        typer.Option(
            "--by-position",
            help="Score all of each window, and show perplexity by the position in it.",
        ),
    ] = False,
    max_tokens: MaxTokens = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Measure perplexity and bits per byte of a text, as llama.cpp's perplexity tool does.

    What may be repeated is measured in every combination, and compared with the first. Perplexity
    compares models with one tokenizer alone; bits per byte compares all.
    """
    from hearth.measure.perplexity import PerplexityPlan

    plan = PerplexityPlan(
        model=model,
        text=absolute(text),
        contexts=tuple(context or (512,)),
        kv_types=tuple(kv_type or ("f16",)),
        ropes=tuple(rope or ("none",)),
        by_position=by_position,
        max_tokens=max_tokens,
        threads=threads,
    )
    record = run_bench("perplexity", " ".join(plan.command[3:]), plan.arguments())
    if as_json:
        console.write_json(record)
        return
    draw_figures(record)
    _draw_positions(record)
    show_notes(record)


def absolute(path: Path | None) -> str | None:
    """Return a path that means the same in any folder."""
    return None if path is None else str(path.expanduser().absolute())


def draw_figures(record: Record) -> None:
    """Draw every figure of a record with its interval."""
    out = console.out()
    shown = console.table(console.literal(record.names), ">", ">from", ">to", "")
    for name, figure in record.summary.items():
        shown.add_row(console.literal(name), *_cells(figure), figure.unit)
    out.print(shown)
    out.print()


def _cells(figure: Figure) -> tuple[str, str, str]:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.5g}", "", ""
    return f"{figure.value:.5g}", f"{figure.low:.5g}", f"{figure.high:.5g}"


def _draw_positions(record: Record) -> None:
    if record.items is None:
        return
    shown = console.table("positions", "", ">perplexity", ">from", ">to", ">tokens")
    for variant, begin, end, tokens, *figures in record.items.rows:
        amounts = (f"{figure:.5g}" for figure in figures)
        shown.add_row(
            f"{begin:,} to {end:,}", console.literal(str(variant)), *amounts, f"{tokens:,}"
        )
    out = console.out()
    out.print(shown)
    out.print()
