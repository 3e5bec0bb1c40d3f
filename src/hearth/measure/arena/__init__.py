"""Which of these answers better? Blind votes on pairs, and what may be said of them.

naming.py      from what a person types to contestants
opening.py     an arena of contestants, prompts and a database
arena.py       the arena itself: pairs, votes, board
choosing.py    who meets whom next, and on which side
answering.py   let a contestant answer, here or (remote.py) on a server
streams.py     two answers side by side, at one speed
prompts.py     what they are asked
tallies.py     votes as counts
ratings.py     what the counts say of strengths, found by climbing.py
standings.py   the board; its values are in board.py
voters.py      what votes tell of the voter
judging.py     what a judge model suggests
exporting.py   votes as a file, to keep or to learn from
proving.py     the board as evidence
"""

from hearth.measure.arena.arena import Arena, ArenaOptions
from hearth.measure.arena.board import (
    Agreement,
    Board,
    Duel,
    JudgeAgreement,
    Label,
    LengthEffect,
    Standing,
)
from hearth.measure.arena.exporting import export_preferences, export_votes
from hearth.measure.arena.judging import judge_votes
from hearth.measure.arena.naming import contestants_of
from hearth.measure.arena.opening import open_arena
from hearth.measure.arena.pairs import Pair, PairEnded, PairEvent, Revealed, SideEnded, SideText
from hearth.measure.arena.proving import record_board, replay_board
from hearth.measure.arena.standings import make_board
from hearth.store.voted import Contestant, Outcome, Prompt, PromptSource, Side, Vote

__all__ = [
    "Agreement",
    "Arena",
    "ArenaOptions",
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
    "contestants_of",
    "export_preferences",
    "export_votes",
    "judge_votes",
    "make_board",
    "open_arena",
    "record_board",
    "replay_board",
]
