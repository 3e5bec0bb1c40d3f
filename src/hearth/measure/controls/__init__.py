"""Controls: what an evaluator must show before it may print a score.

Whoever measures with an instrument tries it first on what he knows. An evaluator is tried on
answers that were planted: right ones must score as right, wrong ones as wrong, and answers that
were dealt to other questions must score chance, no more and no less. An instrument that fails says
nothing about a model, so that its score is not printed at all.

    controls = passed(
        "truth",
        planted("answers from the key", Tally(right=400, total=400)),
        opposite("the key turned round", Tally(right=0, total=400)),
        shuffled("answers of other questions", Tally(right=205, total=400), chance=0.5),
    )

`deal` hands answers to other questions. `against_chance` tells whether a score can be told from
chance. Nothing here knows what is evaluated, nor how.
"""

from hearth.measure.controls.chance import AgainstChance, against_chance
from hearth.measure.controls.control import (
    Control,
    Controls,
    Tally,
    opposite,
    passed,
    planted,
    require_read,
    shuffled,
)
from hearth.measure.controls.dealing import deal

__all__ = [
    "AgainstChance",
    "Control",
    "Controls",
    "Tally",
    "against_chance",
    "deal",
    "opposite",
    "passed",
    "planted",
    "require_read",
    "shuffled",
]
