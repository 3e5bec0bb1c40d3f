"""Models in memory: how they were asked for, and how they are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Generic[T]):
    """A setting together with the reason it was chosen, so that every plan can print itself."""

    value: T
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What a person may ask of a load; None leaves the choice to the planner.

    Args:
        rope: Scaling of positions, such as "yarn:2", for texts longer than the model was trained
            for; "none", as nothing, is what its file says.
        flash_attention: "on" or "off": whether attention is computed without its full matrix.
            "off" takes memory and reads prompts slower, and on a processor writes answers behind
            a long text much faster for many models; "auto" chooses (`hearth.plan.flash`).
        layout: How weights lie in memory; see `hearth.plan.layouts`.
        prefix_cache: Where computed beginnings of prompts are kept: "disk", "memory" or "off";
            nothing is what the settings say.
        speculation: "auto" lets answers be guessed ahead where that pays, "off" does not.
        draft_model: Name or path of a small model with the same vocabulary that guesses as well.
        padding: "auto" gives steps more rows where that is measured to be faster, "off" does not.
        live_threads: "auto" lets the number of threads follow what the machine has free; "off"
            keeps to the plan.
    """

    context: int | None = None
    num_sequences: int | None = None
    threads: int | None = None
    gpu_layers: int | None = None
    kv_type: str | None = None
    flash_attention: str | None = None
    layout: str | None = None
    prefix_cache: str | None = None
    rope: str | None = None
    speculation: str | None = None
    draft_model: str | None = None
    padding: str | None = None
    live_threads: str | None = None
    force: bool = False

    def over(self, usual: LoadOptions) -> LoadOptions:
        """Return these options, and those of `usual` where these leave the choice."""

        def chosen(name: str) -> Any:
            own = getattr(self, name)
            return getattr(usual, name) if own is None or own is False else own

        return LoadOptions(**{each.name: chosen(each.name) for each in fields(LoadOptions)})


class ModelState(StrEnum):
    """Where a model is in its life."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """A model in memory: what `hearth ps`, `/hearth/models` and the top bar show.

    Args:
        progress: Part of the weights that is loaded, 0 to 1.
        resident_bytes: Resident memory of the worker process now.
        planned_bytes: What the plan says it will be at most; pages of files counted in.
        restarts: How often the worker was started again after a crash.
        context: Longest sequence, in tokens. `cells` is the pool that all sequences share.
        restored_tokens: Tokens that came from the prefix cache's disk instead of being computed.
        confined: True when the worker can reach neither files nor the network.
        choices: Settings by name with the reason for each.
        notices: What a person should know of this model, as sentences.
    """

    name: str
    path: str
    state: ModelState
    progress: float
    pid: int | None = None
    size_bytes: int = 0
    resident_bytes: int = 0
    planned_bytes: int = 0
    context: int = 0
    cells: int = 0
    cells_used: int = 0
    running: int = 0
    waiting: int = 0
    tokens_per_s: float = 0.0
    restored_tokens: int = 0
    confined: bool = False
    confinement: str = ""
    idle_s: float = 0.0
    restarts: int = 0
    architecture: str = ""
    quantization: str = ""
    num_parameters: int = 0
    choices: dict[str, Choice[str]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    error: str | None = None
