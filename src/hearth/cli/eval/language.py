"""`hearth eval language`: does a model repeat itself?"""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import door
from hearth.cli.eval.instruction import Model
from hearth.cli.options import AsJson


def language(
    model: Model = None,
    *,
    samples: Annotated[int, typer.Option(help="Answers to each of the 20 prompts.")] = 2,
    max_tokens: Annotated[int, typer.Option(help="Longest answer, in tokens.")] = 200,
    temperature: Annotated[float, typer.Option(help="Randomness of the answers.")] = 0.8,
    seed: Annotated[int, typer.Option(help="Of the first answer to each prompt.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Let a model write, and count repetition, loops and variety, beside texts by a person.

    Whether a text is pleasant cannot be counted; `hearth arena` lets people judge.
    """
    from dataclasses import asdict

    from hearth.cli.eval.figures import run_and_show
    from hearth.measure.language import LanguagePlan

    name = model or door.settings().model
    plan = LanguagePlan(samples=samples, max_tokens=max_tokens, temperature=temperature, seed=seed)
    run_and_show("language", name, {"model": name, "plan": asdict(plan)}, as_json=as_json)
