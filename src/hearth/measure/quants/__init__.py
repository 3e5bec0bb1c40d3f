"""Quantizations of one model side by side: size, speed on this machine, distance from the model.

    draft = measure_quants(QuantsPlan(model="starter", candidates=("Q8_0", "Q4_0")), config, ...)
    for point in points_of(record): ...      # for tables and plots

plan.py      what is asked for: the model, its siblings, the text, the limit
siblings.py  ... found in the library, or made by quantizing
speeds.py    all of them asked the same, round by round in random order
choice.py    the front of those that nothing beats, and the sensible one with its reason
point.py     one of them, as a row of a record's table
measure.py   all of it, as evidence; replay.py: again
"""

from hearth.measure.quants.choice import DEFAULT_LIMIT, Choice, choose, mark_front
from hearth.measure.quants.measure import QUANTS, measure_quants
from hearth.measure.quants.plan import QuantsPlan
from hearth.measure.quants.point import QuantPoint, points_of
from hearth.measure.quants.replay import replay_quants

__all__ = [
    "DEFAULT_LIMIT",
    "QUANTS",
    "Choice",
    "QuantPoint",
    "QuantsPlan",
    "choose",
    "mark_front",
    "measure_quants",
    "points_of",
    "replay_quants",
]
