"""The evidence ledger: every measurement kept whole, in a chain, so that others can check it."""

from hearth.measure.evidence.agreement import Agreement, Comparison, FigureComparison, agree
from hearth.measure.evidence.checking import Problem, Verification
from hearth.measure.evidence.commands import command_line, kept_command
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
from hearth.measure.evidence.replaying import (
    Progress,
    Replay,
    Replayed,
    Replays,
    replay,
    way_to_replay,
)
from hearth.measure.evidence.subjects import find_subject, subject_of
from hearth.measure.evidence.watching import Watch, watch

__all__ = [
    "Agreement",
    "Cell",
    "Circumstances",
    "Comparison",
    "Draft",
    "Figure",
    "FigureComparison",
    "Ledger",
    "Problem",
    "Progress",
    "Record",
    "Replay",
    "Replayed",
    "Replays",
    "Subject",
    "Table",
    "Verification",
    "Watch",
    "agree",
    "command_line",
    "find_subject",
    "kept_command",
    "measured",
    "open_ledger",
    "replay",
    "subject_of",
    "watch",
    "way_to_replay",
]
