"""Which models a caller may name: the network gets names, the user's own programs also paths."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from starlette.requests import Request

from hearth.errors import BadModelFile, ModelNotFound
from hearth.models.card import ModelCard
from hearth.models.identify import identify
from hearth.models.library import Library, ModelEntry


class Catalogue:
    """The models that this server offers.

    Args:
        library: Knows what lies on disk.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: set[str] = set()  # spares a request that names a known model the directories

    async def entries(self) -> list[ModelEntry]:
        """Return all models but those that no engine here runs; new ones are read, once."""
        entries = await asyncio.to_thread(self._library.refresh)
        return [entry for entry in entries if entry.runs_here is not False]

    async def card(self, model: str, request: Request) -> tuple[ModelEntry, ModelCard | None]:
        """Return one model and all that its files tell; None for files that tell nothing.

        Raises:
            ModelNotFound: See `check`.
        """
        await self.check(model, request)
        allow_path = bool(getattr(request.state, "trusted", False))
        return await asyncio.to_thread(self._read_card, model, allow_path=allow_path)

    def _read_card(self, model: str, *, allow_path: bool) -> tuple[ModelEntry, ModelCard | None]:
        entry = self._library.resolve(model, allow_path=allow_path)
        try:
            return entry, identify(entry.path)
        except BadModelFile as error:
            return replace(entry, problem=error.message), None

    async def check(self, model: str, request: Request) -> None:
        """Refuse a model that this caller may not name.

        Raises:
            ModelNotFound: The name is unknown here, or is a path from a caller without the local
                token; the answer is the same whether or not a file is there.
        """
        if model in self._known or getattr(request.state, "trusted", False):
            return
        try:
            await asyncio.to_thread(self._library.resolve, model, allow_path=False)
        except ModelNotFound as error:
            error.param = "model"
            raise
        self._known.add(model)
