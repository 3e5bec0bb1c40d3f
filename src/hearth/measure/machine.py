"""Measure all of this machine: what needs no engine, its GPUs, and the engine's own kernels.

One part that cannot be measured takes nothing from the others; the profile says why it is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from hearth.config import Config
from hearth.errors import EngineError, EngineMissing
from hearth.machine.keep import keep_profile, measure_this_machine
from hearth.machine.profile import MachineProfile
from hearth.measure.gpu import measure_gpus
from hearth.measure.kernels import calibrate

MOST_S = 17.0  # plan to be done by then: all of it is to end within 20 seconds
LEAST_KERNELS_S = 3.0
WIDE_TYPES = ("BF16",)  # beside the common ones, for what a processor does without quantization


def measure_all(config: Config, progress: Callable[[str], None]) -> MachineProfile:
    """Measure this machine and keep the figures; takes under 20 seconds.

    Args:
        config: Says where Hearth's home is; its disk is measured.
        progress: Told what is being measured.

    Raises:
        SetupError: Hearth's home cannot be written.
    """
    began = time.monotonic()
    profile = measure_gpus(measure_this_machine(config, progress), progress)
    keep_profile(config, profile)
    left_s = MOST_S - (time.monotonic() - began)
    try:
        profile = calibrate(config, progress, types=WIDE_TYPES, most_s=max(LEAST_KERNELS_S, left_s))
        missing = {name: why for name, why in profile.missing.items() if name != "kernels"}
    except (EngineMissing, EngineError) as error:
        missing = {**profile.missing, "kernels": error.message.rstrip(".")}
    profile = replace(profile, missing=missing, seconds=round(time.monotonic() - began, 1))
    keep_profile(config, profile)
    return profile
