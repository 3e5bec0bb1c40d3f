"""`hearth next` and `hearth tokens`: see what a model considers, and what it reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.cli.stdin import read_prompt
from hearth.core import (
    MAX_TOP_LOGPROBS,
    Delta,
    GenerateRequest,
    Message,
    Role,
    SamplingParams,
    Token,
    TokenChoice,
    check_range,
)
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.engine.client import Engine

ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="Model; default: the setting `model`.")
]
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
        shown.add_row(visible(choice.text), str(choice.id), f"{probability:.1%}", bar)
    out = console.out()
    out.print(f"[dim]{console.literal(text[-200:])}[/dim][bold]▁[/bold]")
    out.print(shown)
    out.print()


def tokens(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="The text to split; `-` reads it from stdin.",
            show_default=False,
            metavar="[TEXT]...",
        ),
    ] = None,
    *,
    model: ModelOption = None,
    ids: Annotated[
        str | None, typer.Option("--ids", metavar="ID,ID,...", help="Join these ids to text.")
    ] = None,
    chat: Annotated[
        bool,
        typer.Option("--chat", help="Put the text through the chat template, as a question."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Split text into a model's tokens, with ids and borders; or join ids to text."""
    if ids is not None and (text or chat):
        raise InvalidRequest(
            "--ids was given together with a text or --chat.",
            param="ids",
            hint="Give either text to split or ids to join.",
        )
    config = door.settings()
    name = model or config.model
    token_ids = _parse_ids(ids) if ids is not None else None
    source = read_prompt(text or []) if token_ids is None else ""

    async def work() -> None:
        async with door.engine(config) as engine:
            await door.load(engine, name)
            if token_ids is not None:
                _show_joined(token_ids, await engine.detokenize(name, token_ids), as_json)
            elif chat:
                question = Message(role=Role.USER, content=source)
                rendered = await engine.render(name, [question])
                _show_tokens(rendered.text, rendered.tokens, as_json)
            else:
                _show_tokens(source, await engine.tokenize(name, source), as_json)

    door.run(work())


def _parse_ids(text: str) -> list[int]:
    try:
        return [int(part) for part in text.replace(",", " ").split()]
    except ValueError as error:
        raise InvalidRequest(
            f"--ids {text!r} is no list of whole numbers.",
            param="ids",
            hint="For example --ids 504,3575,282; `hearth tokens TEXT` shows ids.",
        ) from error


def _show_joined(token_ids: Sequence[int], text: str, as_json: bool) -> None:
    if as_json:
        console.write_json({"ids": token_ids, "text": text})
    else:
        console.write(f"{text}\n")


def _show_tokens(text: str, found: Sequence[Token], as_json: bool) -> None:
    if as_json:
        console.write_json({"text": text, "num_tokens": len(found), "tokens": found})
        return
    out = console.out()
    styles = ("black on bright_cyan", "black on bright_yellow")
    borders = "".join(
        f"[{'bold white on magenta' if token.special else styles[number % 2]}]"
        f"{visible(token.text, keep_lines=True)}[/]"
        for number, token in enumerate(found)
    )
    shown = console.table(">id", "token", "")
    for token in found:
        shown.add_row(str(token.id), visible(token.text), "special" if token.special else "")
    out.print(borders)
    out.print(shown)
    out.print(f"{len(found)} tokens, {len(text)} characters")


def visible(text: str, *, keep_lines: bool = False) -> str:
    """Return a token's text with its blanks made visible, ready to be drawn by Rich."""
    after_line = "\n" if keep_lines else ""
    marked = text.replace(" ", "·").replace("\n", f"⏎{after_line}").replace("\t", "⇥")
    return console.literal(marked) or "(empty)"
