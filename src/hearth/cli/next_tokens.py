"""`hearth next`: what a model considers at each step, as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, ModelOption
from hearth.cli.stdin import read_prompt
from hearth.core import MAX_TOP_LOGPROBS, TokenChoice, check_range

if TYPE_CHECKING:
    from hearth.engine.looking import Considered

_BAR_WIDTH = 40
_MAX_STEPS = 1000


def next_tokens(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="The text to go on from; `-` reads it from stdin.",
            show_default=False,
            metavar="[TEXT]...",
        ),
    ] = None,
    *,
    model: ModelOption = None,
    top: Annotated[int, typer.Option(help="How many candidates to show (1 to 20).")] = 10,
    greedy: Annotated[
        int | None,
        typer.Option(
            "--greedy",
            metavar="N",
            help="Take the most likely token N times and watch the loop go on.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the next tokens that a model considers, with their probabilities as bars."""
    config = door.settings()
    start = read_prompt(text or [])
    check_range("greedy", greedy, 1, _MAX_STEPS)
    check_range("top", top, 1, MAX_TOP_LOGPROBS)
    name = model or config.model

    async def work() -> None:
        from hearth.engine.looking import Considered, greedy_steps

        async with door.engine(config) as engine:
            await door.load(engine, name)
            if greedy is None:
                choices = await engine.next_tokens(name, start, top)
                steps = [Considered(text=start, choices=choices)]
            else:
                steps = await greedy_steps(engine, name, start, top=top, num_steps=greedy)
            _show_steps(name, steps, as_json)

    door.run(work())


def _show_steps(model: str, steps: Sequence[Considered], as_json: bool) -> None:
    if as_json:
        rows = [
            {"text": step.text, "next": [_choice_data(choice) for choice in step.choices]}
            for step in steps
        ]
        console.write_json({"model": model, "steps": rows})
    else:
        for step in steps:
            _draw_step(step.text, step.choices)


def _choice_data(choice: TokenChoice) -> dict[str, Any]:
    probability = math.exp(choice.logprob)
    return {
        "id": choice.id,
        "text": choice.text,
        "logprob": choice.logprob,
        "probability": probability,
    }


def _draw_step(text: str, choices: Sequence[TokenChoice]) -> None:
    shown = console.table("next token", ">id", ">probability", "")
    for choice in choices:
        probability = math.exp(choice.logprob)
        bar = "█" * round(probability * _BAR_WIDTH) or "▏"
        shown.add_row(console.visible(choice.text), str(choice.id), f"{probability:.1%}", bar)
    out = console.out()
    out.print(f"[dim]{console.literal(text[-200:])}[/dim][bold]▁[/bold]")
    out.print(shown)
    out.print()
