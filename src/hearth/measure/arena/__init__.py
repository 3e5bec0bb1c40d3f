"""Which of these answers better? Blind votes on pairs, and what may be said of them.

board.py   what the votes say, as values
pairs.py   a pair as the person meets it
arena.py   the arena itself
"""

from hearth.measure.arena.board import (
    Agreement,
    Board,
    Duel,
    JudgeAgreement,
    Label,
    LengthEffect,
    Standing,
)
from hearth.measure.arena.pairs import Pair, PairEnded, PairEvent, Revealed, SideEnded, SideText
from hearth.store.voted import Contestant, Outcome, Prompt, PromptSource, Side, Vote

__all__ = [
    "Agreement",
    "Board",
    "Contestant",
    "Duel",
    "JudgeAgreement",
    "Label",
    "LengthEffect",
    "Outcome",
    "Pair",
    "PairEnded",
    "PairEvent",
    "Prompt",
    "PromptSource",
    "Revealed",
    "Side",
    "SideEnded",
    "SideText",
    "Standing",
    "Vote",
]
