"""What a token costs in energy here: answers and prompts of a loaded model, between two readings.

workload.py   what is asked of the model while the meter runs
tokens.py     from joules and tokens of spans to joules per token
measuring.py  the two together
"""

from hearth.measure.energy.measuring import measure_energy, require_meter
from hearth.measure.energy.tokens import TokenEnergy

__all__ = ["TokenEnergy", "measure_energy", "require_meter"]
