"""Tune a model for this machine: which format of its weights, and which layout, serves best here.

    draft = measure_tuning(TuningPlan(model="starter"), config, progress, cancelled)
    record = ledger.add(draft)
    applied = apply_tuning(record, config)       # used from now on; never without being asked

plan.py      what is tried: formats, requests, the text, the limit
entrants.py  each format in each layout that makes a difference
layouts.py   the best layout of a file; two layouts at once only below a limit of divergence
choosing.py  the proposal, with what it gains and what it costs
point.py     an entrant as a row of a record's table
trial.py    requests round by round, then distances
measuring.py all of it, as evidence; replay.py: again
applying.py  the layout whenever the model is loaded, the format as the default model
"""

from hearth.measure.tuning.applying import Applied, apply_tuning, last_tuning
from hearth.measure.tuning.choosing import Proposal, propose
from hearth.measure.tuning.measuring import measure_tuning
from hearth.measure.tuning.plan import TuningPlan, usual_offers, with_candidates
from hearth.measure.tuning.point import TUNING, TuningPoint, points_of
from hearth.measure.tuning.replay import replay_tuning

__all__ = [
    "TUNING",
    "Applied",
    "Proposal",
    "TuningPlan",
    "TuningPoint",
    "apply_tuning",
    "last_tuning",
    "measure_tuning",
    "points_of",
    "propose",
    "replay_tuning",
    "usual_offers",
    "with_candidates",
]
