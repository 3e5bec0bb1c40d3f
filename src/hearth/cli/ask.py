"""`hearth ask`: a question to the guide; its topics first, then what a model makes of them."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.guide import draw_hits
from hearth.cli.options import AsJson, ModelOption
from hearth.cli.stdin import read_prompt
from hearth.errors import NotFound

if TYPE_CHECKING:
    from hearth.engine.client import Engine
    from hearth.guide.asking import Answered
    from hearth.guide.search import Hit

Question = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[QUESTION]...", help="What you want to know; `-` reads it.", show_default=False
    ),
]
TopicsOnly = Annotated[
    bool, typer.Option("--topics", help="Show the topics, and ask no model about them.")
]


def ask(
    question: Question = None,
    *,
    model: ModelOption = None,
    topics_only: TopicsOnly = False,
    as_json: AsJson = False,
) -> None:
    """Ask the guide: the topics that fit, and a model's answer from them alone.

    The topics are what is known. The model errs, the smaller the more: each of its sentences names
    the topic that it rests on, or says that none tells this.
    """
    from hearth.guide.search import search

    config = door.settings()
    asked = read_prompt(question or [])
    hits = search(asked, limit=3)
    if not hits:
        raise NotFound(
            "No topic of the guide fits this question.",
            hint="`hearth guide` lists them; `hearth prompt QUESTION` asks the model alone.",
            param="question",
        )
    if not as_json:
        draw_hits(hits)
        console.note("`hearth guide TOPIC` shows one.")
    if topics_only:
        answer: list[Answered] = []
    else:
        answer = _answer(asked, hits, model or config.model, as_json)
    if as_json:
        console.write_json(
            {
                "question": asked,
                "topics": [{"score": hit.score, **hit.topic.as_data()} for hit in hits],
                "answer": [
                    {"text": each.text, "topic": each.source.id if each.source else None}
                    for each in answer
                ],
            }
        )


def _answer(asked: str, hits: tuple[Hit, ...], model: str, as_json: bool) -> list[Answered]:
    config = door.settings()
    found: list[Answered] = []

    async def work() -> None:
        async with door.engine(config) as engine:
            await door.load(engine, model)
            await _collect(asked, hits, engine, model, found, draws=not as_json)

    door.run(work())
    return found


async def _collect(
    asked: str,
    hits: tuple[Hit, ...],
    engine: Engine,
    model: str,
    found: list[Answered],
    *,
    draws: bool,
) -> None:
    from hearth.guide.asking import ask_guide

    out = console.out()
    if draws:
        out.print(f"\n[bold]{console.literal(model)} says, from these topics[/bold]")
    notes = tuple(hit.topic for hit in hits)
    async with aclosing(ask_guide(asked, notes, engine, model)) as sentences:
        async for sentence in sentences:
            found.append(sentence)
            if draws:
                out.print(_line(sentence))


def _line(sentence: Answered) -> str:
    text = console.literal(sentence.text)
    if sentence.source is None:
        return f"{text} [yellow]\\[no topic says this][/]"
    return f"{text} [green]\\[{sentence.source.id}][/]"
