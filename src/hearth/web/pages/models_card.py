"""The card of one model: read in threads, drawn as its parts become known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from hearth.config import Config
from hearth.core import ModelState, ModelStatus
from hearth.errors import HearthError, InvalidRequest
from hearth.models.card import ModelCard
from hearth.models.gguf.parts import part_paths
from hearth.models.hub import Hub
from hearth.models.identify import identify
from hearth.models.library import ModelEntry
from hearth.models.opening import open_model
from hearth.models.sources import Reference, ReferenceKind, Source
from hearth.web.components.fit import Verdict, in_memory, judge
from hearth.web.components.heat_map import draw_heat_map
from hearth.web.components.model_card import draw_card_body, headline
from hearth.web.components.model_table import status_of
from hearth.web.components.region import Region
from hearth.web.components.template_preview import draw_template
from hearth.web.pages.models_check import Check
from hearth.web.parts import part
from hearth.web.services import Services

STOP = Markup('<button type="button" class="quiet" data-do="stop-verify">Stop</button>')

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class CardView:
    """One model's card while a page shows it.

    Args:
        name: Name in the library, or a reference to the hub.
        statuses: Gives the models in memory as they are known now.
        pulling: Gives the references that are being downloaded now.
        task: Reads the card; begun with `begin`.
        entry: The model in the library; None for one on the hub.
    """

    name: str
    is_remote: bool
    services: Services
    statuses: Callable[[], Sequence[ModelStatus]]
    pulling: Callable[[], frozenset[str]]
    head: Region
    body: Region
    template: Region
    task: asyncio.Task[None] = field(init=False)
    entry: ModelEntry | None = field(default=None, init=False)
    card: ModelCard | None = field(default=None, init=False)
    error: HearthError | None = field(default=None, init=False)
    check: Check | None = field(default=None, init=False)
    _verdict: Verdict | None = field(default=None, init=False)
    _drawn: Markup | None = field(default=None, init=False)
    _spoken: Markup | None = field(default=None, init=False)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def begin(self) -> None:
        """Start to read."""
        reading = self._read_remote() if self.is_remote else self._read()
        self.task = asyncio.create_task(reading, name=f"read the card of {self.name}")
        self.task.add_done_callback(_log_failure)

    def leave(self) -> None:
        """Stop reading, and hashing."""
        self.task.cancel()
        if self.check is not None:
            self.check.give_up()

    def draw(self) -> None:
        """Draw what is known."""
        self.head.show(self._head())
        self.template.show(self._spoken or Markup())
        if self._drawn is not None:
            self.body.show(self._drawn)
            return
        words = "Reading the header; the weights are not touched"
        self.body.show(part("models_wait", error=self.error, words=words))

    async def look_again(self) -> None:
        """Read anew what depends on what is in memory: whether it runs, and its tokens."""
        async with self._asking:
            await self._look_again()

    async def settle(self) -> None:
        """Wait until the model is asked nothing: a question would load it that is unloaded now."""
        await asyncio.wait([self.task])
        async with self._asking:
            pass

    async def _look_again(self) -> None:
        if self.card is None:
            return
        if self.entry is not None:
            headers, config = part_paths(self.entry.path), self.services.config
            self._verdict = await asyncio.to_thread(judge, self.card, headers, config)
        status = self._status()
        is_ready = status is not None and status.state is ModelState.READY
        loaded = self.name if is_ready else None
        self._spoken = await draw_template(self.card, self.services.engine, loaded)
        self.draw()

    async def verify(self, *, repair: bool = False) -> Verdict | None:
        """Hash the model's files again; None when that was given up, or cannot begin.

        Args:
            repair: Whether damaged files are fetched again.
        """
        if self.entry is None or (self.check is not None and self.check.running):
            return None
        self.check = Check(
            entry=self.entry,
            library=self.services.library,
            config=self.services.config,
            repair=repair,
        )
        self.draw()
        await self.check.run()
        self.draw()
        return self.check.verdict

    async def _read(self) -> None:
        try:
            library = self.services.library
            self.entry = await asyncio.to_thread(library.resolve, self.name, allow_path=False)
            self.draw()
            self.card = await asyncio.to_thread(identify, self.entry.path)
            self._drawn = await asyncio.to_thread(_draw_body, self.card, self.entry, None)
            self.draw()
            await self.look_again()
        except HearthError as error:
            self.error = error
        self.draw()

    async def _read_remote(self) -> None:
        try:
            self.card, self._verdict, self._drawn = await asyncio.to_thread(
                _look, self.name, self.services.config, self.services.hub
            )
            self.draw()
            await self.look_again()
        except HearthError as error:
            self.error = error
        self.draw()

    def _head(self) -> Markup:
        status = self._status()
        verdicts = [in_memory(status) if status else self._verdict]
        verdicts.append(self.check.verdict if self.check else None)
        return part(
            "card_head",
            name=self.name,
            title=self._title(),
            headline=headline(self.card) if self.card else (),
            state=status.state.value if status else "",
            progress=status.progress if status else 0.0,
            runs=self.entry is not None and self.card is not None and bool(self.card.runs_here),
            verdicts=[verdict for verdict in verdicts if verdict],
            known=self.entry is not None,
            removable=self.entry is not None and _may_be_removable(self.entry),
            damaged=self.check is not None and self.check.is_damaged,
            checking=self._checking(),
            download_bytes=self.card.size_bytes if self.is_remote and self.card else 0,
            pulling=self.name in self.pulling(),
        )

    def _title(self) -> str:
        if not self.is_remote:
            return self.name
        reference = Reference.parse(self.name)
        return reference.file or reference.name

    def _status(self) -> ModelStatus | None:
        return status_of(self.entry, self.statuses()) if self.entry else None

    def _checking(self) -> Markup | None:
        if self.check is None or not self.check.running:
            return None
        progress = self.check.meter.progress()
        return part("progress", words="Hashing every byte", progress=progress, buttons=STOP)


def _look(reference: str, config: Config, hub: Hub) -> tuple[ModelCard, Verdict, Markup]:
    """Look into a model on the hub; only its headers travel.

    Raises:
        InvalidRequest: It is no reference to the hub; pages look nowhere else.
        HearthError: The hub or the model says no.
    """
    if Reference.parse(reference).kind is not ReferenceKind.HUB:
        raise InvalidRequest(f"{reference!r} is not on the hub.", hint="Begin it with hf:")
    with open_model(reference, config, hub=hub) as opened:
        card = opened.card
        headers = [opened.files.source(file.name) for file in card.files]
        verdict = judge(card, headers, config)
        return card, verdict, _draw_body(card, None, opened.fetched_bytes)


def _draw_body(card: ModelCard, entry: ModelEntry | None, fetched_bytes: int | None) -> Markup:
    return draw_card_body(card, draw_heat_map(card.tensors), entry, fetched_bytes)


def _may_be_removable(entry: ModelEntry) -> bool:
    """Say whether to offer it: of the hub's cache, only the library knows what Hearth put there."""
    return any(
        place.removed_by is None or place.source is Source.HUB_CACHE for place in entry.locations
    )


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log what ended the reading of a card; the page stays as it is."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("a model's card could not be drawn", exc_info=task.exception())
