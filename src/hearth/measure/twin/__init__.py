"""Twins: a model measured before it is downloaded, by a stand-in that has its header alone.

    original.py     what is to be tried, wherever its header lies
    folder.py       where stand-ins lie, and how none outlives its use
    plan.py         which layers, prompts and answers; whether it may be
    run.py          one stand-in in one worker, measured
    extrapolate.py  from fewer layers to all of them
    result.py       what came out
    try_model.py    all of it, in order

The engine's kernels take as long for zeros as for other numbers, so speed and memory are those of
the real file. What does depend on values (which experts a router chooses) is written for real.
"""

from hearth.measure.twin.plan import TwinOptions, TwinPlan
from hearth.measure.twin.result import (
    DecodeSpeed,
    Figure,
    MemoryUse,
    PromptSpeed,
    TwinResult,
    TwinRun,
)
from hearth.measure.twin.try_model import plan_try, try_model

__all__ = [
    "DecodeSpeed",
    "Figure",
    "MemoryUse",
    "PromptSpeed",
    "TwinOptions",
    "TwinPlan",
    "TwinResult",
    "TwinRun",
    "plan_try",
    "try_model",
]
