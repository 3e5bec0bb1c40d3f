"""The command `hearth chat`: opens the store and the engine, then hands over to the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import Generation, with_generation
from hearth.errors import NotFound

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.engine.client import Engine
    from hearth.store.conversations import Conversations
    from hearth.store.records import ChatSettings, Conversation


@with_generation("stop")
def chat(
    model: Annotated[
        str | None, typer.Argument(help="A name from `hearth models list`, or a path.")
    ] = None,
    *,
    system: Annotated[str | None, typer.Option("--system", help="System prompt.")] = None,
    last: Annotated[bool, typer.Option("--last", help="Go on with the last conversation.")] = False,
    generation: Generation,
) -> None:
    """Talk to a model in the terminal; conversations are kept, and the web page shows them too.

    Ctrl-C stops an answer, `/help` lists what can be typed besides questions, Ctrl-D leaves.
    """
    config = door.settings()

    async def work() -> None:
        import asyncio

        from hearth.store.conversations import Conversations
        from hearth.store.database import open_database

        async with door.engine(config) as engine:
            database = await asyncio.to_thread(open_database, config)
            try:
                conversations = Conversations(database)
                started = await asyncio.to_thread(
                    _open, conversations, _settings(config, model, system, generation), last
                )
                await _talk(config, engine, conversations, started)
            finally:
                await asyncio.to_thread(database.close)

    door.run(work())


async def _talk(
    config: Config, engine: Engine, conversations: Conversations, conversation: Conversation
) -> None:
    from hearth.cli.chat.loop import ChatLoop
    from hearth.cli.chat.reader import open_reader

    model = conversation.settings.model
    await door.load(engine, model)
    if conversation.title:
        console.note(f"Going on with: {conversation.title}")
    console.note(f"Talking to {model}. /help shows what else can be typed; Ctrl-D leaves.")
    await ChatLoop(engine, conversations, conversation, open_reader(config)).run()


def _settings(
    config: Config, model: str | None, system: str | None, generation: Generation
) -> ChatSettings:
    from hearth.store.records import ChatSettings

    return ChatSettings(
        model=model or config.model,
        system_prompt=system or "",
        sampling=generation.sampling,
        max_tokens=generation.max_tokens,
        context_policy=generation.context_policy,
    )


def _open(conversations: Conversations, settings: ChatSettings, last: bool) -> Conversation:
    """Return a new conversation, or the newest one with these settings from now on."""
    if not last:
        return conversations.create(settings)
    newest = conversations.find(limit=1).items
    if not newest:
        raise NotFound(
            "There is no earlier conversation to go on with.", hint="Start one: `hearth chat`."
        )
    return conversations.configure(newest[0].id, settings)
