"""From a conversation to the prompt that the model was trained to read.

renderer.py    what the engine calls: the model's template, or one that fits, and says so
process.py     the parent's side of the process that renders
__main__.py    that process: nothing to lose, and an alarm on its processor time
sandbox.py     rendering itself, as transformers does it
pieces.py      what people write never becomes a control token
fallbacks.py   templates for models that carry none
messages.py    what the two processes say to each other
"""

from hearth.engine.templates.messages import TemplateLimits
from hearth.engine.templates.pieces import Piece
from hearth.engine.templates.renderer import TemplateRenderer

__all__ = ["Piece", "TemplateLimits", "TemplateRenderer"]
