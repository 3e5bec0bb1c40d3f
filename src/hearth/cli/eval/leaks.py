"""`hearth eval leaks`: questions that stand in the text a model was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearth.cli import console
from hearth.cli.options import AsJson


def leaks(
    data: Annotated[
        list[Path],
        typer.Argument(help="Training data: text of any kind, or JSONL.", metavar="FILE..."),
    ],
    *,
    questions: Annotated[
        Path | None, typer.Option(help="Your own yes/no questions instead of Hearth's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look for questions in training data, word by word: a model that read them only remembers.

    Thirteen words in a row count, or all words of a shorter question.
    """
    from hearth.measure.leaks import check_leaks
    from hearth.measure.truth import built_in, read_questions

    items = (built_in() if questions is None else read_questions(questions)).items
    found = check_leaks([item.text for item in items], data)
    if as_json:
        rows = [{"question": items[leak.place].text, "file": leak.file} for leak in found]
        console.write_json({"questions": len(items), "leaks": rows})
        return
    if found:
        shown = console.table("question", "stands in")
        for leak in found:
            shown.add_row(console.literal(items[leak.place].text), console.literal(leak.file))
        console.out().print(shown)
    console.note(f"{len(found):,} of {len(items):,} questions stand in the data.")
