"""The top bar's right side: the model in memory, its speed now, and how it is confined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from markupsafe import Markup

from hearth.config import Config
from hearth.core import ModelState, ModelStatus
from hearth.web.components.meter import Fill, ring
from hearth.web.parts import part


def status_chips(
    statuses: Sequence[ModelStatus], model: str, *, speed: float | None, fill: Fill | None
) -> Markup:
    """Return the chips for the model that this page uses.

    Args:
        statuses: All models in memory.
        model: The model of the shown conversation, by name or path.
        speed: Tokens per second of an answer that is running now.
        fill: How full the context of the shown conversation is.
    """
    status = find_status(statuses, model)
    state = _state_word(status)
    return part(
        "status",
        offline=False,
        label=short_name(model),
        state=state,
        quantization=status.quantization if status else "",
        memory=status.resident_bytes if status else 0,
        progress=status.progress if status else 0.0,
        confined=bool(status and status.confined),
        speed=speed,
        fill=fill,
        ring=ring(fill) if fill else "",
    )


def offline_chip() -> Markup:
    """Return what the top bar shows when the engine does not answer."""
    return part("status", offline=True)


def status_panel(statuses: Sequence[ModelStatus], config: Config) -> Markup:
    """Return the facts about every model in memory."""
    return part("status_panel", models=statuses, idle_s=config.idle_unload_s)


def confinement_panel(statuses: Sequence[ModelStatus]) -> Markup:
    """Return what is proven about what each model's process can reach."""
    return part("confinement", models=statuses)


def find_status(statuses: Sequence[ModelStatus], model: str) -> ModelStatus | None:
    """Return the status of a model by the name or path that a conversation knows it under."""
    for status in statuses:
        if model in (status.name, status.path):
            return status
    return None


def waiting_words(status: ModelStatus | None) -> str:
    """Say why an answer has not begun yet."""
    if status is None:
        return "Loading the model"
    if status.state is ModelState.LOADING:
        return f"Loading the model, {status.progress:.0%}"
    if status.waiting:
        return f"Waiting; {status.waiting} in the queue"
    return "Reading the prompt"


def short_name(model: str) -> str:
    """Return a model's name as chips show it: a path's last part without its ending."""
    return PurePath(model).stem if model.endswith(".gguf") else model


def _state_word(status: ModelStatus | None) -> str:
    if status is None:
        return "resting"
    return {"loading": "loading", "ready": "ready", "failed": "failed"}[status.state]
