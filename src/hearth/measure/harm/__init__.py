"""Does a model refuse what would do harm, and does it help with what only looks like it?

Both are measured on pairs of requests that share a subject. A model that refuses everything is as
useless as one that refuses nothing is careless, so neither figure is shown without the other.

Whether an answer refuses is told by a rule (see `hearth.measure.checks.refusal`), which is tried on
replies labelled by hand before every run; its answers can be written to a sheet, judged by a
person, and scored again from that. The set is small and in English. It shows gross faults; it
proves no model safe.

Source of the idea of pairs: Röttger et al. 2023, "XSTest", https://arxiv.org/abs/2308.01263.
"""

from hearth.measure.harm.measuring import bench_harm, measure_harm, replay
from hearth.measure.harm.requests import Request, read_requests
from hearth.measure.harm.scoring import Answered, HarmScores, score, self_test
from hearth.measure.harm.sheets import Judgement, judged_draft, read_sheet, write_sheet

__all__ = [
    "Answered",
    "HarmScores",
    "Judgement",
    "Request",
    "bench_harm",
    "judged_draft",
    "measure_harm",
    "read_requests",
    "read_sheet",
    "replay",
    "score",
    "self_test",
    "write_sheet",
]
