"""A prediction and how it came out, as a value: one load of a model, or one answer.

Figures and the conditions they were taken under, and never a word of any conversation. How records
are kept, `hearth.store.predictions` knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Condition = str | int | float | bool


class RecordKind(StrEnum):
    """What was predicted."""

    LOAD = "load"
    ANSWER = "answer"


class Part(StrEnum):
    """What a figure is of: memory in bytes, time in seconds, speed in tokens per second."""

    WEIGHTS = "weights"
    KV = "kv"
    STATE = "state"  # of recurrent layers
    COMPUTE = "compute"
    OUTPUT = "output"
    OVERHEAD = "overhead"
    TOTAL = "total"
    LOAD_COLD = "load_cold"  # from storage
    LOAD_WARM = "load_warm"  # from the system's cache of files
    PROMPT = "prompt"
    DECODE = "decode"  # one answer alone
    DECODE_TOGETHER = "decode_together"  # all of several answers at once
    FIRST_TOKEN = "first_token"

    @property
    def unit(self) -> str:
        """The base unit: "B", "s" or "tokens/s"."""
        if self in (Part.PROMPT, Part.DECODE, Part.DECODE_TOGETHER):
            return "tokens/s"
        return "s" if self in (Part.LOAD_COLD, Part.LOAD_WARM, Part.FIRST_TOKEN) else "B"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure as it was predicted, with the range that was given, and as it came out.

    Args:
        predicted: The likely value, before any correction; above 0.
        low: The range that went with it; equal to `predicted` where it was one figure.
        measured: What came out; above 0.
    """

    part: Part
    predicted: float
    low: float
    high: float
    measured: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRecord:
    """One load or one answer, predicted and measured.

    Args:
        id: Given by the database; later records have higher ones.
        machine: The machine's fingerprint.
        basis: What speeds were predicted from: changes whenever the machine is measured afresh, so
            that predictions of one basis can be compared. Empty where nothing was measured.
        model: The model's name; `identity` is the library's for its bytes
            (`hearth.models.library.identity`).
        engine: Version of the engine and what it was built with.
        load_average: Processes that wanted to run, the system's average over one minute.
        conditions: Under which it was measured: threads, cells, depth and so on.
        observed: Further figures that nobody predicted, such as the worker's resident memory.
    """

    id: int = 0
    kind: RecordKind
    made_at: datetime
    machine: str
    basis: str = ""
    model: str
    identity: str = ""
    architecture: str = ""
    quantization: str = ""
    engine: str = ""
    load_average: float | None = None
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    observed: Mapping[str, float] = field(default_factory=dict)
