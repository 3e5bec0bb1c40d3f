"""Open an arena: contestants by what a person types, prompts by where they are to come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hearth.config import Config
from hearth.engine.client import Engine
from hearth.errors import InvalidRequest
from hearth.measure.arena.answering import answering
from hearth.measure.arena.arena import Arena, ArenaOptions
from hearth.measure.arena.naming import contestants_of
from hearth.measure.arena.prompts import Prompts, ReadPrompts, built_in, own_conversations
from hearth.measure.arena.remote import Servers
from hearth.measure.speed.targets import ApiKeys
from hearth.store.conversations import Conversations
from hearth.store.database import Database
from hearth.store.voted import PromptSource
from hearth.store.votes import Votes

DRAWN = (PromptSource.BUILT_IN, PromptSource.CONVERSATION)


def open_arena(
    config: Config,
    database: Database,
    engine: Engine,
    specs: Sequence[str],
    *,
    sources: Collection[PromptSource] = (PromptSource.BUILT_IN,),
    keys: ApiKeys | None = None,
    options: ArenaOptions | None = None,
    is_trusted: bool = True,
) -> Arena:
    """Return an arena of these contestants; their earlier votes count.

    Args:
        config: Says where the models are.
        database: Keeps the votes, and has the person's conversations.
        engine: Answers for models of this machine.
        specs: The contestants; see `naming.py`.
        sources: Where prompts that nobody types are drawn from.
        keys: Of servers that take part.
        options: How it is run; by default the first contestant has 1000 points.
        is_trusted: False for requests over the network: they may name no files and no servers.

    Raises:
        ModelNotFound: There is no such model.
        InvalidRequest: There are fewer than two contestants, two are the same, or a setting or
            source is wrong.
        NotAllowed: Whoever asks may not name servers.
    """
    return Arena(
        contestants_of(config, specs, is_trusted=is_trusted),
        answering=answering(engine, Servers(keys or ApiKeys())),
        votes=Votes(database),
        prompts=Prompts(*_sources(database, sources)),
        options=options,
    )


def _sources(database: Database, wanted: Collection[PromptSource]) -> list[ReadPrompts]:
    ready: dict[PromptSource, ReadPrompts] = {
        PromptSource.BUILT_IN: built_in,
        PromptSource.CONVERSATION: own_conversations(Conversations(database)),
    }
    if not wanted or any(source not in ready for source in wanted):
        raise InvalidRequest(f"Prompts can be drawn from {' and '.join(ready)}.", param="prompts")
    return [ready[source] for source in wanted]
