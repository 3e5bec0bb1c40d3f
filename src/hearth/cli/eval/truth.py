"""`hearth eval truth` and `hearth eval questions`: what a model knows, and what it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.bench.running import run_bench, show_notes
from hearth.cli.eval.figures import show_record
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from rich.table import Table

    from hearth.config import Config
    from hearth.measure.evidence import Record
    from hearth.measure.statistics import Interval, Outcomes
    from hearth.measure.truth import Answered

Categories = Annotated[
    list[str] | None,
    typer.Option("--category", help="Only this category; may be repeated.", metavar="NAME"),
]
Limit = Annotated[int | None, typer.Option(help="Ask at most so many questions.")]
Seed = Annotated[int, typer.Option(help="Seed of what the self-test and the intervals draw.")]
Threads = Annotated[int | None, typer.Option(help="Threads that compute.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be asked; ask nothing.")]
TrainingData = Annotated[
    list[Path] | None,
    typer.Option(
        "--training-data",
        help="A file that the model was trained on: questions that stand in it are left out. "
        "May be repeated.",
        metavar="FILE",
    ),
]

_BAR_WIDTH = 20


def truth(
    model: Annotated[
        str | None, typer.Argument(help="Model; default: the setting `model`.", metavar="[MODEL]")
    ] = None,
    *,
    against: Annotated[
        str | None,
        typer.Option(help="Ask another model the same, and tell which is right more often."),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(help="Your own questions (CSV, TSV or JSONL) instead of Hearth's."),
    ] = None,
    category: Categories = None,
    limit: Limit = None,
    training_data: TrainingData = None,
    seed: Seed = 0,
    threads: Threads = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ask yes/no questions, and read from its probabilities what a model holds true.

    Each statement is asked as it is and negated, so that a liking for yes cancels. Nothing is
    generated. No score is printed before the evaluator and the model passed a self-test.
    """
    from hearth.measure.arguments import read_arguments
    from hearth.measure.truth import TruthArguments, plan_truth

    config = door.settings()
    arguments: dict[str, Any] = {
        "model": model or config.model,
        "file": None if questions is None else str(questions),
        "category": category or [],
        "limit": limit,
        "training_data": [str(path) for path in training_data or []],
        "seed": seed,
        "threads": threads,
    }
    plan = plan_truth(read_arguments(arguments, TruthArguments))
    if dry_run:
        console.write(f"{plan}\n")
        return
    first = _measure(arguments)
    if against is None:
        _show([first], None, as_json)
        return
    second = _measure(arguments | {"model": against})
    outcomes, third = _compare(config, first, second, (*plan.command, "--against", against))
    _show([first, second, third], outcomes, as_json)


def questions(*, category: Categories = None, as_json: AsJson = False) -> None:
    """Show the questions that were written for Hearth, with the answer and where it stands."""
    from hearth.measure.truth import built_in

    items = built_in().of(tuple(category or ())).items
    if as_json:
        console.write_json(items)
        return
    shown = console.table("category", "statement", "true", "source")
    for item in items:
        shown.add_row(
            item.category,
            console.literal(item.text),
            "yes" if item.is_true else "no",
            console.literal(item.source),
        )
    console.out().print(shown)
    console.note(f"{len(items):,} statements; each is asked negated too.")


def _measure(arguments: dict[str, Any]) -> Record:
    wanted = [arguments["file"] or "", *arguments["category"], arguments["limit"] or ""]
    target = " ".join(str(word) for word in [arguments["model"], *wanted] if word)
    return run_bench("truth", target, arguments)


def _compare(
    config: Config, a: Record, b: Record, command: tuple[str, ...]
) -> tuple[Outcomes, Record]:
    from hearth.measure.evidence import open_ledger
    from hearth.measure.truth import difference

    outcomes, draft = difference(a, b, command)
    with open_ledger(config) as ledger:
        return outcomes, ledger.add(draft)


def _show(records: list[Record], outcomes: Outcomes | None, as_json: bool) -> None:
    if as_json:
        console.write_json(records)
        return
    for record in records[:2]:
        _draw(record)
    if outcomes is not None:
        _draw_outcomes(outcomes, *records)


def _draw(record: Record) -> None:
    from hearth.measure.truth import accuracy_by_category, answers_of

    answered = answers_of(record)
    out = console.out()
    show_record(record, as_json=False)
    out.print()
    out.print(_categories(accuracy_by_category(answered)))
    out.print()
    out.print(_reliability(answered))
    out.print()


def _categories(found: dict[str, Interval]) -> Table:
    shown = console.table("category", ">accuracy", ">from", ">to")
    for name, interval in found.items():
        ends = (interval.value, interval.low, interval.high)
        shown.add_row(console.literal(name or "—"), *(f"{end:.0%}" for end in ends))
    return shown


def _reliability(answered: tuple[Answered, ...]) -> Table:
    """Return what came true of what was said: the bars of a calibrated model are a staircase."""
    from hearth.measure.truth import reliability

    shown = console.table("said true", ">came true", "", ">questions")
    for each in reliability(answered):
        if each.num_items:
            value = each.came_true.value
            shown.add_row(
                f"{each.low:.0%} to {each.high:.0%}",
                f"{value:.0%}",
                "█" * round(value * _BAR_WIDTH),
                f"{each.num_items:,}",
            )
    return shown


def _draw_outcomes(outcomes: Outcomes, a: Record, b: Record, third: Record) -> None:
    from hearth.measure.statistics import Verdict

    first, second = (console.literal(record.subjects[0].name) for record in (a, b))
    apart = outcomes.difference
    verdict = {
        Verdict.MORE: f"{first} is right more often than {second}",
        Verdict.LESS: f"{second} is right more often than {first}",
        Verdict.CANNOT_TELL: "cannot tell yet which is right more often",
    }[outcomes.verdict]
    more = f"; about {outcomes.more_needed:,} more questions would" if outcomes.more_needed else ""
    out = console.out()
    out.print(
        f"[bold]{verdict}[/bold]{more}: {apart.value:+.1%} ({apart.low:+.1%} to "
        f"{apart.high:+.1%}), McNemar p = {outcomes.p:.2g}"
    )
    out.print(
        f"both right {outcomes.both:,}, only {first} {outcomes.only_a:,}, only {second} "
        f"{outcomes.only_b:,}, neither {outcomes.neither:,}"
    )
    show_notes(third)
