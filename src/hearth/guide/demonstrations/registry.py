"""Which demonstrations there are, and where each stands; loaded when it is shown.

A demonstration is an async function from `Surroundings` to `Demonstration`, and takes less than
five seconds on the starter model: what takes longer is measured once and looked up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from types import MappingProxyType
from typing import cast

from hearth.errors import NotFound
from hearth.guide.demonstrations.parts import Demonstration
from hearth.guide.demonstrations.surroundings import Surroundings

Show = Callable[[Surroundings], Awaitable[Demonstration]]

_PLACES = MappingProxyType(
    {
        "claim-refuted": "claims",
        "confinement": "house",
        "context": "talking",
        "embeddings": "inside",
        "experts": "planning",
        "families": "house",
        "faq-claims": "faq_claims",
        "file-inside": "inside",
        "made-up-answer": "choosing",
        "memory-hierarchy": "hierarchy",
        "next-tokens": "choosing",
        "placement": "planning",
        "prefix-cache": "talking",
        "quantization-cost": "rounding",
        "quantization-error": "rounding",
        "rope": "scoring",
        "sizes": "planning",
        "speed-limit": "speeds",
        "surprise": "scoring",
        "temperature": "choosing",
        "template": "reading",
        "tensor": "inside",
        "threads": "speeds",
        "tokens": "reading",
        "two-answers": "talking",
        "zip": "scoring",
    }
)


def names() -> tuple[str, ...]:
    """Return the names of all demonstrations."""
    return tuple(_PLACES)


async def run(name: str, surroundings: Surroundings) -> Demonstration:
    """Show a demonstration: compute or measure it here and now, or look up what was measured.

    Args:
        name: One of `names()`.
        surroundings: Where it runs.

    Raises:
        NotFound: There is no such demonstration.
        HearthError: What it needs is not there: the error says what to type.
    """
    if name not in _PLACES:
        raise NotFound(
            f"There is no demonstration {name!r}.",
            hint="`hearth guide --demos` lists them.",
            param="demonstration",
        )
    module = import_module(f"hearth.guide.demonstrations.{_PLACES[name]}")
    show = cast(Show, getattr(module, f"show_{name.replace('-', '_')}"))
    return await show(surroundings)
