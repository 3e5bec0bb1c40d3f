"""The places models come from: how they are spelled, and where they already lie on this machine.

Finding and using a model in another program's place copies nothing and writes nothing there.
"""

from __future__ import annotations

from hearth.models.sources.location import Location, ModelFile, Source
from hearth.models.sources.places import Places
from hearth.models.sources.quant import resolve_quant
from hearth.models.sources.reference import Reference, ReferenceKind

__all__ = [
    "Location",
    "ModelFile",
    "Places",
    "Reference",
    "ReferenceKind",
    "Source",
    "resolve_quant",
]
