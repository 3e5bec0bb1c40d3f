"""Bring models here: planned, resumable, verified.

*reference -> plan -> fetch -> verify -> register*. Metadata come from the hub's own client; the
bytes do not, because that client compares sizes only, never the hash (huggingface_hub issue 3643),
begins a large file anew after a restart (4060), and has no bandwidth limit.
"""

from hearth.models.pull.leftovers import Leftovers, delete_leftovers
from hearth.models.pull.plan import PullPlan
from hearth.models.pull.progress import PullProgress
from hearth.models.pull.steps import PullOptions, plan_pull, pull, repair_file

__all__ = [
    "Leftovers",
    "PullOptions",
    "PullPlan",
    "PullProgress",
    "delete_leftovers",
    "plan_pull",
    "pull",
    "repair_file",
]
