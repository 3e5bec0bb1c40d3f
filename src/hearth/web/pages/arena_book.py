"""What the views of one Arena page share: the models that are here, and the arena that is open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hearth.errors import HearthError, InvalidRequest
from hearth.measure.arena import Arena, PromptSource
from hearth.web.services import Services

SOURCES = {
    PromptSource.TYPED: "typed by you",
    PromptSource.CONVERSATION: "from your own conversations",
    PromptSource.BUILT_IN: "from the built-in prompts",
}


@dataclass(slots=True, kw_only=True)
class ArenaBook:
    """Everything is read in threads; until then it is None.

    Args:
        error: Why the library could not be read.
    """

    services: Services
    models: tuple[str, ...] | None = field(default=None, init=False)
    error: HearthError | None = field(default=None, init=False)

    @property
    def arena(self) -> Arena | None:
        """The arena that is open."""
        return self.services.arenas.arena

    @property
    def door(self) -> Arena:
        """The arena that is open; there must be one.

        Raises:
            InvalidRequest: There is none.
        """
        if self.arena is None:
            raise InvalidRequest("Nobody takes part yet.", hint="Choose two models or more.")
        return self.arena

    @property
    def sources_words(self) -> str:
        """Where prompts are drawn from."""
        drawn = self.services.arenas.sources
        return " and ".join(word for source, word in SOURCES.items() if source in drawn)

    async def read_models(self) -> None:
        """Read the library anew."""
        try:
            found = await asyncio.to_thread(self.services.shelf.all)
        except HearthError as error:
            self.error = error
        else:
            self.models, self.error = tuple(model.name for model in found), None

    def colours(self) -> dict[str, int]:
        """Return the number of each contestant's colour by its key: that of its model, if free."""
        names = list(self.models or ())
        found: dict[str, int] = {}
        for contestant in self.arena.contestants if self.arena else ():
            at = names.index(contestant.model) if contestant.model in names else len(names)
            while at in found.values():
                at += 1
            found[contestant.key] = at
        return found
