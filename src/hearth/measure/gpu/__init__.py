"""How fast the GPUs are that this build of the engine can use: their memory, and the way to it.

timings.py    what a child measures: raw repeats by device
__main__.py   the child: a driver that misbehaves ends it, and nothing else
measuring.py  the child's answer, put into a machine's profile
"""

from hearth.measure.gpu.measuring import NO_GPU, measure_gpus

__all__ = ["NO_GPU", "measure_gpus"]
