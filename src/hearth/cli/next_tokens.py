"""`hearth next`: what a model considers at each step, as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, ModelOption
from hearth.cli.stdin import read_prompt
from hearth.core import (
    MAX_TOP_LOGPROBS,
    Delta,
    GenerateRequest,
    SamplingParams,
    TokenChoice,
    check_range,
)

if TYPE_CHECKING:
    from hearth.engine.client import Engine

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
        async with door.engine(config) as engine:
            await door.load(engine, name)
            if greedy is None:
                steps = [Step(text=start, choices=await engine.next_tokens(name, start, top))]
            else:
                steps = await _go_on(engine, name, start, top, greedy)
            _show_steps(name, steps, as_json)

    door.run(work())


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One turn of the loop: the text so far and the candidates for what comes next."""

    text: str
    choices: Sequence[TokenChoice]


async def _go_on(engine: Engine, model: str, start: str, top: int, num_steps: int) -> list[Step]:
    """Let the model take its most likely token again and again, and note what it considered."""
    request = GenerateRequest(
        model=model,
        prompt=start,
        sampling=SamplingParams(temperature=0.0),
        max_tokens=num_steps,
        top_logprobs=top,
    )
    steps, raw = [], b""
    async with aclosing(engine.generate(request)) as events:
        async for event in events:
            for trace in event.traces if isinstance(event, Delta) else ():
                so_far = start + raw.decode(errors="replace")
                steps.append(Step(text=so_far, choices=trace.alternatives))
                raw += trace.raw
    return steps


def _show_steps(model: str, steps: Sequence[Step], as_json: bool) -> None:
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
