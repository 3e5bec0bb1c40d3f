"""The arena that is open: it belongs to the program, and every page votes in the same one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from hearth.config import Config
from hearth.engine.client import Engine
from hearth.measure.arena import Arena, PromptSource
from hearth.measure.arena.opening import open_arena
from hearth.store.database import Database


@dataclass(slots=True, kw_only=True)
class Arenas:
    """Opens arenas, and keeps the last one.

    Args:
        engine: Answers for the contestants.
        database: Keeps the votes.
    """

    config: Config
    engine: Engine
    database: Database
    arena: Arena | None = field(default=None, init=False)
    specs: tuple[str, ...] = field(default=(), init=False)
    sources: frozenset[PromptSource] = field(default=frozenset({PromptSource.BUILT_IN}), init=False)

    def open(self, specs: Sequence[str], sources: Collection[PromptSource]) -> Arena:
        """Open an arena; earlier votes on the same contestants count.

        Args:
            specs: Names of models, each with its settings after `?`. Files and servers are refused,
                because who reads the page may not be the one who sits at the machine.
            sources: Where prompts that nobody types are drawn from.

        Raises:
            HearthError: A contestant is wrong; the arena that was open stays.
        """
        arena = open_arena(
            self.config, self.database, self.engine, specs, sources=sources, is_trusted=False
        )
        self.arena, self.specs, self.sources = arena, tuple(specs), frozenset(sources)
        return arena
