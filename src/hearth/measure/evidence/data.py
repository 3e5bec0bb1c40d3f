"""A record as plain data, for programs: the same from the command line and over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec

from hearth.measure.evidence.agreement import Comparison
from hearth.measure.evidence.checking import Verification
from hearth.measure.evidence.record import Record


def record_data(record: Record) -> dict[str, Any]:
    """Return all fields of a record, with its id; items are None where they were not read."""
    content: dict[str, Any] = msgspec.to_builtins(record)
    return {"id": record.id, **content}


def comparison_data(old: Record, new: Record, comparison: Comparison) -> dict[str, Any]:
    """Return how two records compare, with the verdict."""
    content: dict[str, Any] = msgspec.to_builtins(comparison)
    return {"old": old.id, "new": new.id, "verdict": comparison.verdict.value, **content}


def verification_data(found: Verification) -> dict[str, Any]:
    """Return what checking the ledger found."""
    content: dict[str, Any] = msgspec.to_builtins(found)
    return {"is_sound": found.is_sound, **content}
