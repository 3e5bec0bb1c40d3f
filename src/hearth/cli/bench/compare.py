"""`hearth bench compare`: which of two is faster, and whether that is sure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.bench.options import TARGET_HELP, Answer, KeyFrom, Seed
from hearth.cli.bench.running import run_bench, show_notes
from hearth.cli.bench.speed import amount
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.measure.evidence import Record
    from hearth.measure.statistics import Ratio

A = Annotated[str, typer.Argument(help=TARGET_HELP, metavar="A")]
B = Annotated[str, typer.Argument(help="What to compare it with, likewise.", metavar="B")]
Prompt = Annotated[int, typer.Option("--prompt", help="Tokens of each prompt.")]
Blocks = Annotated[
    int, typer.Option("--blocks", help="How often both are asked twice, in turn: A B B A.")
]
MaxBlocks = Annotated[
    int,
    typer.Option(
        "--max-blocks",
        help="Go on until it is sure, doubling the blocks up to so many; 0: do not.",
    ),
]
Level = Annotated[float, typer.Option("--level", help="How sure a verdict must be.")]


def bench_compare(
    a: A,
    b: B,
    *,
    prompt: Prompt = 256,
    answer: Answer = 64,
    blocks: Blocks = 20,
    max_blocks: MaxBlocks = 0,
    level: Level = 0.99,
    key_from: KeyFrom = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Ask two in turn, and say which is faster; or that it cannot be told yet.

    The two are models or servers of any make, or one and the same. The verdict is wrong for two
    that are the same in one of a hundred comparisons at most.
    """
    from hearth.measure.speed import ComparePlan, bench_command, ratios_of

    plan = ComparePlan(
        prompt_tokens=prompt,
        answer_tokens=answer,
        blocks=blocks,
        max_blocks=max_blocks,
        level=level,
        seed=seed,
    )
    keys = list(key_from or ())
    title = " ".join(bench_command("compare", [a, b], plan, keys)[3:])
    arguments = {"a": a, "b": b, "plan": asdict(plan), "key_from": keys}
    record = run_bench("compare", title, arguments)
    ratios = ratios_of(record.repeats, plan)
    if as_json:
        console.write_json({"record": record, "verdicts": ratios})
        return
    _draw(record, ratios)
    show_notes(record)


def _draw(record: Record, ratios: dict[str, Ratio]) -> None:
    out = console.out()
    names = [console.literal(subject.name) for subject in record.subjects]
    out.print(f"A [bold]{names[0]}[/bold]   B [bold]{names[1]}[/bold]")
    shown = console.table("", ">A", ">B", ">A is x times as fast", ">from", ">to", "verdict")
    for name, ratio in ratios.items():
        figures = [record.summary[f"{side}: {name}"] for side in ("a", "b")]
        unit = "" if figures[0].unit == "s" else f" {figures[0].unit}"
        shown.add_row(
            name,
            *(f"{amount(figure.value, figure)}{unit}" for figure in figures),
            *(f"{value:.3f}" for value in (ratio.value, ratio.low, ratio.high)),
            verdict_words(ratio),
        )
    out.print(shown)


def verdict_words(ratio: Ratio) -> str:
    """Return a verdict on A, and what it would take where there is none."""
    from hearth.measure.statistics import Verdict

    if ratio.verdict is Verdict.MORE:
        return "A is faster"
    if ratio.verdict is Verdict.LESS:
        return "A is slower"
    return f"cannot tell yet; some {ratio.more_needed:,} blocks more would"
