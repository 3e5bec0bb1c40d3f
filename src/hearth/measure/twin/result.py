"""What trying a model gives: figures with their repeats, as measured and as extrapolated."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

How = Literal["measured", "extrapolated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A speed with its range.

    Args:
        value: The median of the repeats, or what follows from such medians.
        low: The least; `high` the most.
        repeats: What each repeat gave; empty where the figure was extrapolated.
    """

    value: float
    low: float
    high: float
    repeats: tuple[float, ...] = ()

    @classmethod
    def of(cls, repeats: tuple[float, ...]) -> Figure:
        """Return the figure that repeats of one measurement amount to."""
        return cls(
            value=statistics.median(repeats), low=min(repeats), high=max(repeats), repeats=repeats
        )

    @property
    def spread(self) -> float:
        """Width of the range as a part of the value."""
        return (self.high - self.low) / self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSpeed:
    """Tokens of a prompt computed a second, the memory before it empty."""

    tokens: int
    tokens_per_s: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeSpeed:
    """Tokens of answers written a second, all users together.

    Args:
        depth: Tokens that stand before each answer.
        users: Answers that are written at once.
    """

    depth: int
    users: int
    tokens_per_s: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUse:
    """Bytes of a loaded model, as the engine says and, in the last two, the system.

    Args:
        weights_bytes: Of all tensors.
        kv_bytes: Keys, values and recurrent states.
        compute_bytes: Scratch memory; `output_bytes` that of the logits.
        anonymous_bytes: Memory that only the worker has, repacked weights and caches in it.
        file_bytes: Pages of files that the worker has mapped, the model's and the libraries'; the
            system takes them back when it needs to. None, like the memory above, where the system
            does not tell.
    """

    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    output_bytes: int
    anonymous_bytes: int | None = None
    file_bytes: int | None = None

    @property
    def allocated_bytes(self) -> int:
        """All that the engine allocated."""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes + self.output_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinRun:
    """What was found with one number of layers.

    Args:
        how: Whether it was run, or follows from runs with fewer layers.
        load_s: Loading with the file's pages in memory already.
    """

    num_layers: int
    how: How
    load_s: Figure
    prompts: tuple[PromptSpeed, ...]
    decodes: tuple[DecodeSpeed, ...]
    memory: MemoryUse


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinResult:
    """A model, tried by a stand-in.

    Args:
        model: What was asked for; `name` is the model's name for itself.
        where: Where its header came from.
        weight_bytes: Of the whole model; `stand_in_bytes` those of the largest stand-in's file.
        fetched_bytes: That travelled over the network.
        num_layers: Of the whole model.
        settings: How it was loaded, by name.
        whole: The figures of the whole model.
        runs: What was run; one of them is `whole` where the whole model could be.
        seconds: That all of it took.
        notes: What else should be known, as sentences.
    """

    model: str
    name: str
    where: str
    architecture: str
    quantization: str
    weight_bytes: int
    stand_in_bytes: int
    fetched_bytes: int
    num_layers: int
    settings: Mapping[str, str]
    whole: TwinRun
    runs: tuple[TwinRun, ...]
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def is_extrapolated(self) -> bool:
        """True when the whole model was not run."""
        return self.whole.how == "extrapolated"

    def as_data(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return asdict(self)
