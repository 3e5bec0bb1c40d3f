"""How a model is loaded to score text: everything that can change a figure, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hearth.core import check_range
from hearth.errors import InvalidRequest

DEFAULT_CONTEXT = 2048
DEFAULT_MICRO_BATCH = 512
MAX_FACTOR = 64.0
MAX_MICRO_BATCH = 4096
MAX_LANES = 64

RopeMethod = Literal["linear", "ntk", "yarn"]
ROPE_METHODS: tuple[RopeMethod, ...] = ("linear", "ntk", "yarn")


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeScaling:
    """A way to read longer texts than a model was trained for.

    Args:
        method: "linear" divides positions by the factor, "ntk" stretches the long wavelengths alone
            by a larger base, "yarn" mixes both by wavelength.
        factor: How many times longer texts become.

    Source: Chen et al., "Extending Context Window of Large Language Models via Positional
    Interpolation" (arXiv 2306.15595); Peng et al., "YaRN" (arXiv 2309.00071), where NTK-aware
    scaling is equation 16.
    """

    method: RopeMethod
    factor: float

    @staticmethod
    def parse(text: str) -> RopeScaling:
        """Return the scaling that a text such as "yarn:2" names.

        Raises:
            InvalidRequest: It names none, or the factor is out of range.
        """
        method, _, factor = text.partition(":")
        try:
            value = float(factor)
        except ValueError:
            value = 0.0
        if method not in ROPE_METHODS or not 1.0 <= value <= MAX_FACTOR:
            raise InvalidRequest(
                f"{text!r} is no RoPE scaling: METHOD:FACTOR, with one of "
                f"{', '.join(ROPE_METHODS)} and a factor from 1 to {MAX_FACTOR:g}.",
                hint="For example yarn:2.",
                param="rope",
            )
        return RopeScaling(method=method, factor=value)

    def __str__(self) -> str:
        return f"{self.method}:{self.factor:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringSettings:
    """How a model is loaded to score text.

    Args:
        context: Longest sequence in tokens; None: 2,048, or all that it was trained for if less.
        micro_batch: Tokens that are computed at once; fewer where the vocabulary is so large that
            their logits would not fit a block of memory (see `hearth.engine.scoring.planning`).
        kv_type: Number format of keys and values.
        rope: How positions are scaled; None: as the model's file says.
        threads: Threads that compute; None: as the machine has them.
        gpu_layers: Layers on a GPU; None: as many as fit.
        lanes: Sequences of the whole context that grow side by side (see `Scorer.lanes`).
    """

    context: int | None = None
    micro_batch: int = DEFAULT_MICRO_BATCH
    kv_type: str = "f16"
    rope: RopeScaling | None = None
    threads: int | None = None
    gpu_layers: int | None = None
    lanes: int = 0

    def __post_init__(self) -> None:
        check_range("micro_batch", self.micro_batch, 1, MAX_MICRO_BATCH)
        check_range("lanes", self.lanes, 0, MAX_LANES)
