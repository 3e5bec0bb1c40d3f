"""EleutherAI's lm-evaluation-harness with a Hearth model: the field's own tasks, read from files.

The library (extra `harness`) runs in a child process, because it changes seeds, logging and
environment of the process that it runs in, and because a task is code: its templates and functions
are run. The child is offline, sees no model, and asks its parent, line by line, for the
log-probabilities and texts that it scores. Before the model is asked, every task is run with
planted answers, which must score all, and with chance, which must score chance.

tasks.py      the folder of tasks, and whether the library is there
child.py      the parent's side of the child
answering.py  a model's answers: log-probabilities of continuations and of texts, generated text
measuring.py  the measurement as evidence; telling.py: its figures, items and notes
__main__.py   the child; answerers.py: who answers there; figures.py: what it tells of its scores

Source: https://github.com/EleutherAI/lm-evaluation-harness (MIT), docs/model_guide.md for what a
model has to answer.
"""

from hearth.measure.harness.answering import Answers, ModelAnswers
from hearth.measure.harness.measuring import (
    HarnessPlan,
    bench_harness,
    measure_harness,
    replay,
    run_harness,
)

__all__ = [
    "Answers",
    "HarnessPlan",
    "ModelAnswers",
    "bench_harness",
    "measure_harness",
    "replay",
    "run_harness",
]
