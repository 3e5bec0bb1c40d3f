"""Who takes part on the Arena page: models, variations of them, and where prompts come from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nicegui.element import Element

from hearth.errors import HearthError
from hearth.measure.arena import PromptSource
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.pages.arena_book import SOURCES, ArenaBook
from hearth.web.parts import part

DRAWN = (PromptSource.BUILT_IN, PromptSource.CONVERSATION)


@dataclass(slots=True, kw_only=True)
class SetupView:
    """The form that opens an arena.

    Args:
        on_opened: Called when another arena is open.
    """

    book: ArenaBook
    frame: Frame
    region: Region
    on_opened: Callable[[], Awaitable[None]]
    _error: HearthError | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the command of the form."""
        return {"arena-open": self._open}

    async def update(self) -> None:
        """Read which models are here, and draw."""
        await self.book.read_models()
        self.draw()

    def draw(self) -> None:
        """Draw the form."""
        arenas, models = self.book.services.arenas, self.book.models
        chosen = set(arenas.specs)
        self.region.show(
            part(
                "arena_setup",
                models=models,
                chosen=chosen,
                others="\n".join(spec for spec in arenas.specs if spec not in (models or ())),
                sources=[
                    (source.value, SOURCES[source], source in arenas.sources) for source in DRAWN
                ],
                error=self._error or self.book.error,
            )
        )

    async def _open(self, command: Command) -> None:
        specs = [model for model in self.book.models or () if command.get(f"model {model}")]
        specs += [line.strip() for line in command.get("others", "").splitlines() if line.strip()]
        sources = [source for source in DRAWN if command.get(source.value)]
        try:
            await asyncio.to_thread(self.book.services.arenas.open, specs, sources)
        except HearthError as error:
            self._error = error
            self.frame.say(error.message)
            self.draw()
            return
        self._error = None
        self.frame.say("The arena is open.")
        await self.on_opened()


def setup_view(
    book: ArenaBook, frame: Frame, on_opened: Callable[[], Awaitable[None]]
) -> SetupView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=a-setup"):
        region = Region()
    return SetupView(book=book, frame=frame, region=region, on_opened=on_opened)
