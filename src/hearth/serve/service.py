"""What the routes of every dialect work with."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from hearth.core import GenerateRequest
from hearth.engine.client import Engine
from hearth.serve.catalogue import Catalogue
from hearth.serve.choices import Events
from hearth.serve.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The engine with the rules of this server around it."""

    engine: Engine
    catalogue: Catalogue
    metrics: Metrics

    def generate(self, request: GenerateRequest) -> Events:
        """Answer a request as the engine does, and count it."""
        return self.metrics.watched(self.engine.generate(request))


def caller(request: Request) -> str:
    """Return what tells callers apart whatever they say of themselves.

    The user's own programs are believed, and may speak for whomever they serve.
    """
    if getattr(request.state, "trusted", False) or request.client is None:
        return ""
    return request.client.host
