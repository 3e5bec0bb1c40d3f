"""Truth: does a model know what is so, and does it know how sure it may be?

Yes/no questions are put through the model's own chat template, and nothing is generated: what the
model thinks of "yes" and of "no" is read from its probabilities. Each statement is asked in its
own form and negated, and the two are weighed against each other: a liking for "yes" cancels.

items.py        a question, a set of them; questions/*.toml: the set that was written for Hearth
reading.py      a person's own questions from CSV or JSONL
asking.py       how a question is put, and what is made of the answer
scoring.py      from answers to figures: accuracy, calibration, leaning
controls.py     what the evaluator must show before it may print any of them
measuring.py    a model from end to end; comparing.py: two of them on the same questions
keeping.py      answers as evidence, and back again
"""

from hearth.measure.truth.asking import Answered, ask_all
from hearth.measure.truth.comparing import difference, replay_difference
from hearth.measure.truth.items import Item, QuestionSet, built_in, categories
from hearth.measure.truth.keeping import answers_of
from hearth.measure.truth.measuring import (
    TruthArguments,
    TruthPlan,
    bench_truth,
    measure_truth,
    plan_truth,
    replay_truth,
)
from hearth.measure.truth.reading import read_questions
from hearth.measure.truth.scoring import Bin, TruthScores, accuracy_by_category, reliability, score

__all__ = [
    "Answered",
    "Bin",
    "Item",
    "QuestionSet",
    "TruthArguments",
    "TruthPlan",
    "TruthScores",
    "accuracy_by_category",
    "answers_of",
    "ask_all",
    "bench_truth",
    "built_in",
    "categories",
    "difference",
    "measure_truth",
    "plan_truth",
    "read_questions",
    "reliability",
    "replay_difference",
    "replay_truth",
    "score",
]
