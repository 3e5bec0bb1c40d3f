"""The targets that there are, and how what a person types becomes one.

address.py    MODEL, or DIALECT+URL#MODEL
keys.py       which environment variable has the key of which host
local.py      a model of this machine, through Hearth's own engine
dialects.py   what OpenAI's, Ollama's and Anthropic's servers are sent, and how their streams read
http.py       any server that speaks one of these
"""

from hearth.measure.speed.targets.address import is_address, open_target
from hearth.measure.speed.targets.keys import ApiKeys, api_keys

__all__ = ["ApiKeys", "api_keys", "is_address", "open_target"]
