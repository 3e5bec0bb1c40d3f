"""How a model is loaded to score text: everything that can change a figure, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.core import check_range
from hearth.plan.rope import RopeScaling

DEFAULT_CONTEXT = 2048
DEFAULT_MICRO_BATCH = 512
MAX_MICRO_BATCH = 4096
MAX_LANES = 64


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
        layout: How weights lie in memory, see `hearth.plan.layouts`; None: as suits best.
        lanes: Sequences of the whole context that grow side by side (see `Scorer.lanes`).
    """

    context: int | None = None
    micro_batch: int = DEFAULT_MICRO_BATCH
    kv_type: str = "f16"
    rope: RopeScaling | None = None
    threads: int | None = None
    gpu_layers: int | None = None
    lanes: int = 0
    layout: str | None = None

    def __post_init__(self) -> None:
        check_range("micro_batch", self.micro_batch, 1, MAX_MICRO_BATCH)
        check_range("lanes", self.lanes, 0, MAX_LANES)
