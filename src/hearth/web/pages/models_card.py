"""The card of one model: read in threads, drawn as its parts become known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from hearth.core import ModelStatus
from hearth.errors import HearthError
from hearth.models.card import ModelCard
from hearth.models.identify import identify
from hearth.models.library import ModelEntry
from hearth.web.components.fit import Verdict, in_memory, judge
from hearth.web.components.heat_map import draw_heat_map
from hearth.web.components.model_card import draw_card_body, headline
from hearth.web.components.model_table import status_of
from hearth.web.components.region import Region
from hearth.web.pages.models_check import Check
from hearth.web.parts import part
from hearth.web.services import Services

STOP = Markup('<button type="button" class="quiet" data-do="stop-verify">Stop</button>')

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class CardView:
    """One model's card while a page shows it.

    Args:
        statuses: Gives the models in memory as they are known now.
        task: Reads the card; begun with `begin`.
    """

    name: str
    services: Services
    statuses: Callable[[], Sequence[ModelStatus]]
    head: Region
    body: Region
    task: asyncio.Task[None] = field(init=False)
    entry: ModelEntry | None = field(default=None, init=False)
    card: ModelCard | None = field(default=None, init=False)
    error: HearthError | None = field(default=None, init=False)
    check: Check | None = field(default=None, init=False)
    _verdict: Verdict | None = field(default=None, init=False)
    _drawn: Markup | None = field(default=None, init=False)

    def begin(self) -> None:
        """Start to read."""
        self.task = asyncio.create_task(self._read(), name=f"read the card of {self.name}")
        self.task.add_done_callback(_log_failure)

    def leave(self) -> None:
        """Stop reading, and hashing."""
        self.task.cancel()
        if self.check is not None:
            self.check.give_up()

    async def verify(self) -> Verdict | None:
        """Hash the model's files again; None when that was given up, or cannot begin."""
        if self.entry is None or (self.check is not None and self.check.running):
            return None
        self.check = Check(entry=self.entry, library=self.services.library)
        self.draw()
        await self.check.run()
        self.draw()
        return self.check.verdict

    def draw(self) -> None:
        """Draw what is known."""
        self.head.show(self._head())
        if self._drawn is not None:
            self.body.show(self._drawn)
            return
        words = "Reading the header; the weights are not touched"
        self.body.show(part("models_wait", error=self.error, words=words))

    async def judge(self) -> None:
        """Ask again whether it runs here; what is free has changed."""
        if self.card is not None and self.entry is not None:
            self._verdict = await asyncio.to_thread(
                judge, self.card, self.entry.path, self.services.config
            )

    async def _read(self) -> None:
        try:
            library = self.services.library
            self.entry = await asyncio.to_thread(library.resolve, self.name, allow_path=False)
            self.draw()
            self.card = await asyncio.to_thread(identify, self.entry.path)
            self._drawn = await asyncio.to_thread(_draw_body, self.entry, self.card)
            await self.judge()
        except HearthError as error:
            self.error = error
        self.draw()

    def _head(self) -> Markup:
        status = status_of(self.entry, self.statuses()) if self.entry else None
        verdicts = [in_memory(status) if status else self._verdict]
        verdicts.append(self.check.verdict if self.check else None)
        return part(
            "card_head",
            name=self.name,
            headline=headline(self.card) if self.card else (),
            state=status.state.value if status else "",
            progress=status.progress if status else 0.0,
            runs=self.card is not None and self.card.runs_here is not None,
            verdicts=[verdict for verdict in verdicts if verdict],
            known=self.entry is not None,
            removable=self.entry is not None
            and any(place.removed_by is None for place in self.entry.locations),
            checking=self._checking(),
        )

    def _checking(self) -> Markup | None:
        if self.check is None or not self.check.running:
            return None
        progress = self.check.meter.progress()
        return part("progress", words="Hashing every byte", progress=progress, buttons=STOP)


def _draw_body(entry: ModelEntry, card: ModelCard) -> Markup:
    return draw_card_body(entry, card, draw_heat_map(card.tensors))


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log what ended the reading of a card; the page stays as it is."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("a model's card could not be drawn", exc_info=task.exception())
