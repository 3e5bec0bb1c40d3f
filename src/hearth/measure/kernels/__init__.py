"""How fast the engine's own kernels are here: what any model's speed is reckoned from."""

from hearth.measure.kernels.calibrate import calibrate

__all__ = ["calibrate"]
