"""Putting written questions to a model, one at a time, so that its answers repeat.

What is judged by its words (instructions, refusals, facts kept in mind) is asked here and scored
elsewhere; a scorer never sees a model, and so can be tested with answers known in advance.
"""

from hearth.measure.asking.ask import Ask, Progress, Question, Reply, ask_all
from hearth.measure.asking.engine import asking

__all__ = ["Ask", "Progress", "Question", "Reply", "ask_all", "asking"]
