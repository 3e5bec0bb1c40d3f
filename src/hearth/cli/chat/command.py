"""The command `hearth chat`: opens the store and the engine, then hands over to the loop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

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
    last: Annotated[
        bool,
        typer.Option("--last", help="Go on with the last conversation; what is given changes it."),
    ] = False,
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
                kept = Conversations(database)
                base = await asyncio.to_thread(_newest, kept) if last else None
                settings = _settings(config, base, model, system, generation)
                conversation = await asyncio.to_thread(_open, kept, base, settings)
                await _talk(config, engine, kept, conversation)
                await asyncio.to_thread(_forget_if_empty, kept, conversation)
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


def _newest(conversations: Conversations) -> Conversation:
    newest = conversations.find(limit=1).items
    if not newest:
        raise NotFound(
            "There is no earlier conversation to go on with.", hint="Start one: `hearth chat`."
        )
    return conversations.get(newest[0].id)


def _settings(
    config: Config,
    base: Conversation | None,
    model: str | None,
    system: str | None,
    generation: Generation,
) -> ChatSettings:
    """Return the settings of a conversation with what was given on the command line on top."""
    from hearth.store.records import ChatSettings

    unchanged = Generation()
    settings = base.settings if base is not None else ChatSettings(model=config.model)
    given: dict[str, Any] = {
        name: getattr(generation, name)
        for name in ("sampling", "max_tokens", "context_policy", "cache")
        if getattr(generation, name) != getattr(unchanged, name)
    }
    if model is not None:
        given["model"] = model
    if system is not None:
        given["system_prompt"] = system
    return replace(settings, **given)


def _open(
    conversations: Conversations, base: Conversation | None, settings: ChatSettings
) -> Conversation:
    if base is None:
        return conversations.create(settings)
    return conversations.configure(base.id, settings)


def _forget_if_empty(conversations: Conversations, conversation: Conversation) -> None:
    """Leave no trace of a conversation in which nothing was said."""
    if conversations.get(conversation.id).active_leaf is None:
        conversations.purge(conversation.id)
