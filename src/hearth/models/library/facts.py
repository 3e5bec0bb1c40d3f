"""What the list tells of a model, read from its header once and kept in the index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearth.errors import HearthError

# Raised whenever these facts are read or spelled differently: what older code noted is read anew.
FACTS_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is worth knowing of a model in a list.

    Args:
        runs_here: Whether an engine of Hearth runs it.
        problem: Why the header cannot be used, as a sentence; the other facts are then missing.
    """

    format: str | None = None
    kind: str | None = None
    architecture: str | None = None
    num_parameters: int | None = None
    quantization: str | None = None
    context_length: int | None = None
    runs_here: bool | None = None
    problem: str | None = None


def read_facts(path: Path) -> Facts:
    """Read a model's header; a damaged one is a fact too."""
    from hearth.models.identify import identify  # every format's reader, for the few new models

    try:
        card = identify(path)
    except HearthError as error:
        return Facts(problem=error.message)
    return Facts(
        format=card.format,
        kind=card.kind,
        architecture=card.architecture,
        num_parameters=card.num_parameters,
        quantization=card.quantization,
        context_length=card.context_length,
        runs_here=card.runs_here is not None,
    )
