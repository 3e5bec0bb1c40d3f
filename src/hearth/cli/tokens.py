"""`hearth tokens`: what a model reads, token by token, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, ModelOption
from hearth.cli.stdin import read_prompt
from hearth.core import Message, Role, Token
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.engine.client import Engine

_STYLES = ("black on bright_cyan", "black on bright_yellow")
_SPECIAL_STYLE = "bold white on magenta"


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
                return
            if chat:
                rendered = await engine.render(name, [Message(role=Role.USER, content=source)])
                whole, found = rendered.text, rendered.tokens
            else:
                whole, found = source, tuple(await engine.tokenize(name, source))
            if as_json:
                console.write_json({"text": whole, "num_tokens": len(found), "tokens": found})
            else:
                await draw_tokens(engine, name, whole, found)

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


async def draw_tokens(engine: Engine, model: str, text: str, found: Sequence[Token]) -> None:
    """Draw a text with its token borders, and the tokens with their ids."""
    from hearth.engine.looking import readable_spans

    borders = ""
    shown = console.table(">id", "token", "")
    for number, span in enumerate(await readable_spans(engine, model, found)):
        style = _SPECIAL_STYLE if span.special else _STYLES[number % 2]
        borders += f"[{style}]{console.visible(span.text, keep_lines=True)}[/]"
        note = f"{len(span.ids)} tokens for one character" if len(span.ids) > 1 else ""
        ids = " ".join(map(str, span.ids))
        shown.add_row(ids, console.visible(span.text), "special" if span.special else note)
    out = console.out()
    out.print(borders)
    out.print(shown)
    out.print(f"{len(found)} tokens, {len(text)} characters")
