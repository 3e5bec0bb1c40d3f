"""Multiple choice: any question with given answers, scored by the probability of each.

weighing.py  how likely a model is to give each of some answers; planted.py: a speaker that knows
rows.py      a person's own questions from CSV, TSV or JSONL
items.py     a question with its answers; reading.py: many of them from a file
asking.py    how a question is put, and what is made of the answer
scoring.py   from answers to figures
controls.py  what the evaluator must show before it may print any of them
measuring.py a model from end to end
"""

from hearth.measure.choices.asking import BY, By, Chosen, choose_all
from hearth.measure.choices.items import Choice
from hearth.measure.choices.measuring import (
    ChoicesArguments,
    ChoicesPlan,
    bench_choices,
    measure_choices,
    plan_choices,
    replay_choices,
)
from hearth.measure.choices.reading import ChoiceSet, read_choices
from hearth.measure.choices.scoring import ChoiceScores, score

__all__ = [
    "BY",
    "By",
    "Choice",
    "ChoiceScores",
    "ChoiceSet",
    "ChoicesArguments",
    "ChoicesPlan",
    "Chosen",
    "bench_choices",
    "choose_all",
    "measure_choices",
    "plan_choices",
    "read_choices",
    "replay_choices",
    "score",
]
