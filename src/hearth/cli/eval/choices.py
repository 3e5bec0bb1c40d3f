"""`hearth eval choices`: any multiple-choice set, scored by the probability of each answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hearth.cli import console
from hearth.cli.eval.figures import run_and_show
from hearth.cli.eval.truth import DryRun, Limit, Seed, Threads, TrainingData
from hearth.cli.options import AsJson


def choices(
    model: Annotated[str, typer.Argument(help="Model.", metavar="MODEL")],
    file: Annotated[
        Path,
        typer.Argument(
            help="Questions: CSV or TSV (question,A,B,C,...,answer), or JSONL (question, choices, "
            "answer).",
            metavar="FILE",
        ),
    ],
    *,
    by: Annotated[
        str, typer.Option(help="Weigh the `letter` before each answer, or its whole `text`.")
    ] = "letter",
    limit: Limit = None,
    training_data: TrainingData = None,
    seed: Seed = 0,
    threads: Threads = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ask multiple-choice questions of your own, and read the answers from the probabilities.

    By letter, each answer stands at each place once, so that a liking for a letter cancels. No
    score is printed before the evaluator and the model passed a self-test.
    """
    from hearth.measure.arguments import read_arguments
    from hearth.measure.choices import ChoicesArguments, plan_choices

    arguments: dict[str, Any] = {
        "model": model,
        "file": str(file),
        "by": by,
        "limit": limit,
        "training_data": [str(path) for path in training_data or []],
        "seed": seed,
        "threads": threads,
    }
    plan = plan_choices(read_arguments(arguments, ChoicesArguments))
    if dry_run:
        console.write(f"{plan}\n")
        return
    run_and_show("choices", f"{model} {file.name} by {by}", arguments, as_json=as_json)
