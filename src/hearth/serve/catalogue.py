"""Which models a caller may name: the network gets names, the user's own programs also paths."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from hearth.errors import ModelNotFound
from hearth.models.library import Library


class Catalogue:
    """The models that this server offers.

    Args:
        library: Knows what lies on disk.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: set[str] = set()  # spares a request that names a known model the directories

    async def names(self) -> list[str]:
        """Return the names of all models but those that no engine here runs."""
        entries = await asyncio.to_thread(self._library.list)
        return [entry.name for entry in entries if entry.runs_here is not False]

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
