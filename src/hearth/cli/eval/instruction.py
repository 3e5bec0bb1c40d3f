"""`hearth eval instruction`: does a model do what it is told?"""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import door
from hearth.cli.options import AsJson

Model = Annotated[
    str | None, typer.Argument(help="Model; default: the setting `model`.", metavar="[MODEL]")
]


def instruction(model: Model = None, *, as_json: AsJson = False) -> None:
    """Give instructions that a program can verify: format, length, words, JSON, language.

    Answers are scored by the letter, and loosely: without a first or last line, or emphasis.
    """
    from hearth.cli.eval.figures import run_and_show

    name = model or door.settings().model
    run_and_show("instruction", name, {"model": name}, as_json=as_json)
