"""What a model thinks of a given text: log-probabilities of tokens that are already there.

    with open_scorer("starter") as scorer:
        tokens = scorer.tokenize("The capital of France is Paris.", add_special=True)
        scorer.score(tokens)             log p of each token but the first, given those before
        scorer.continuations([...])      log p of several continuations of prompts
    with open_pair("model:F16", "model:Q4_K_M") as pair:
        pair.compare(tokens)             how far one model's distributions are from another's

A scorer is a child process of its own, confined like a worker. It computes one sequence at a time
in batches of a fixed shape, with a fixed number of threads and no cache, so that a figure does not
depend on what was asked before. Logits are reduced where they are computed, in double precision;
only what was asked for crosses the pipe.

settings.py   what a model is loaded with
planning.py   ... and what follows from the model and the machine
messages.py   what crosses the border
process.py    the parent's side of the child
opening.py    load one model, scorer.py: ask it, stepping.py: token by token
pair.py       two of them side by side
__main__.py   the child; model.py: one sequence after the other; branches.py, lanes.py: several
rows.py       from logits to figures
"""

from hearth.engine.scoring.opening import open_scorer
from hearth.engine.scoring.pair import Comparison, Pair, open_pair
from hearth.engine.scoring.scorer import Continued, Scorer
from hearth.engine.scoring.settings import ScoringSettings
from hearth.engine.scoring.stepping import Lanes

__all__ = [
    "Comparison",
    "Continued",
    "Lanes",
    "Pair",
    "Scorer",
    "ScoringSettings",
    "open_pair",
    "open_scorer",
]
