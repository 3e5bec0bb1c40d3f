"""Which models a caller may name: the network gets names, the user's own programs also paths."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from typing import Protocol

from starlette.requests import Request

from hearth.engine.client import Engine
from hearth.errors import ModelNotFound
from hearth.serve.strict_json import printable


class ModelEntry(Protocol):
    """A model on this machine, as the library lists it."""

    @property
    def name(self) -> str:
        """The name that callers use."""

    @property
    def size_bytes(self) -> int:
        """Size of the model's file."""


class Library(Protocol):
    """What knows the models on this machine."""

    def list(self) -> Sequence[ModelEntry]:
        """Return every model that can be named."""


class Catalogue:
    """The models that this server offers.

    Args:
        engine: Knows what is loaded, also what was loaded from a path.
        library: Knows what lies on disk.
    """

    def __init__(self, engine: Engine, library: Library) -> None:
        self._engine = engine
        self._library = library
        self._known: frozenset[str] = frozenset()

    async def names(self) -> list[str]:
        """Return the names of all models on disk and in memory, and remember them."""
        on_disk = [entry.name for entry in await asyncio.to_thread(self._library.list)]
        loaded = [status.name for status in await self._engine.status()]
        self._known = frozenset((*on_disk, *loaded))
        return list(dict.fromkeys((*on_disk, *loaded)))

    async def check(self, model: str, request: Request) -> None:
        """Refuse a model that this caller may not name.

        Raises:
            ModelNotFound: The name is unknown here, or is a path from a caller without the local
                token; the answer is the same whether or not a file is there.
        """
        if model in self._known or getattr(request.state, "trusted", False):
            return
        names = await self.names()
        if model in self._known:
            return
        near = difflib.get_close_matches(model[:64], names, n=3)
        raise ModelNotFound(
            f"There is no model {printable(model)!r} here.",
            hint=f"There is {', '.join(near)}." if near else "GET /v1/models lists what there is.",
            param="model",
        )
