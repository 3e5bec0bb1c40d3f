"""Asks the guide: its topics first, then what a model makes of them, held against them.

prompt.py     what the model is given: the question, and the topics that fit as notes
citing.py     which topic a sentence rests on, if any
answering.py  the two together, sentence by sentence
"""

from hearth.guide.asking.answering import Answered, ask_guide
from hearth.guide.asking.citing import cite
from hearth.guide.asking.prompt import NUM_NOTES, request_for

__all__ = ["NUM_NOTES", "Answered", "ask_guide", "cite", "request_for"]
