"""Evidence from votes that may be looked at after each one.

An e-value is what a stake of 1 has become in a game that is fair if there is no difference; by
Ville's inequality it ever reaches 20 in at most one of 20 such games, however often one looks. A
p-value that is looked at after each vote promises nothing of the kind.

Source: Ramdas, Grünwald, Vovk and Shafer, "Game-Theoretic Statistics and Safe Anytime-Valid
Inference", 2023, https://arxiv.org/abs/2210.01948
"""

from __future__ import annotations

import math

from scipy import special


def e_value(wins: float, losses: float) -> float:
    """Return the evidence against "each side wins as often", with bets spread evenly over all odds.

    Args:
        wins: Of one side, at least 0; halves are allowed.
        losses: Likewise.

    Returns:
        At least 0; 20 and more rejects at a level of 5 %, at any time. `inf` where it is larger
        than numbers can be.
    """
    log = (wins + losses) * math.log(2) + float(special.betaln(wins + 1, losses + 1))
    return math.exp(log) if log < 700 else math.inf
