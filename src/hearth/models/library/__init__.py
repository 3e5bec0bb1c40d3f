"""One library over all the places in which models lie on this machine."""

from __future__ import annotations

from hearth.models.library.entry import ModelEntry
from hearth.models.library.importing import How
from hearth.models.library.library import Library
from hearth.models.library.trash import TRASH_KEPT, Removed
from hearth.models.library.verifying import FileReport, Repair, VerifyReport
from hearth.models.sources.location import Location
from hearth.models.sources.packages import STARTER_NAME

__all__ = [
    "STARTER_NAME",
    "TRASH_KEPT",
    "FileReport",
    "How",
    "Library",
    "Location",
    "ModelEntry",
    "Removed",
    "Repair",
    "VerifyReport",
]
