"""The evidence ledger: every measurement kept whole, in a chain, so that others can check it."""

from hearth.measure.evidence.ledger import Ledger, open_ledger
from hearth.measure.evidence.record import (
    Cell,
    Circumstances,
    Draft,
    Figure,
    Record,
    Subject,
    Table,
    measured,
)

__all__ = [
    "Cell",
    "Circumstances",
    "Draft",
    "Figure",
    "Ledger",
    "Record",
    "Subject",
    "Table",
    "measured",
    "open_ledger",
]
