"""Putting written questions to a model, one at a time, so that its answers repeat.

What is judged by its words (instructions, refusals, facts kept in mind) is asked here and scored
elsewhere; a scorer never sees a model, and so can be tested with answers known in advance.
"""

from hearth.measure.asking.ask import Ask, Progress, Question, Reply, ask_all
from hearth.measure.asking.drafts import draft_of, figure, share, table
from hearth.measure.asking.engine import asking
from hearth.measure.asking.session import Asked, Session, ask_model

__all__ = [
    "Ask",
    "Asked",
    "Progress",
    "Question",
    "Reply",
    "Session",
    "ask_all",
    "ask_model",
    "asking",
    "draft_of",
    "figure",
    "share",
    "table",
]
