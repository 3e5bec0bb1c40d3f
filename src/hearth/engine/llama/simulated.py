"""llama.cpp's own simulated allocation: what it logs when it loads a model and takes no memory.

The log belongs to the whole process, so this is for a process that does nothing else.
Source: `no_alloc` of llama_model_params, llama.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth.engine.llama.context import Context, ContextSettings
from hearth.engine.llama.library import library, log_lines
from hearth.engine.llama.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedLoad:
    """A load that was only gone through.

    Args:
        weights_bytes: Size of all tensors, as the library adds them up.
        lines: What it logged about sizes.
    """

    weights_bytes: int
    lines: tuple[str, ...]


def simulated_load(
    path: Path, settings: ContextSettings, *, gpu_layers: int, repack: bool
) -> SimulatedLoad:
    """Go through loading a file, of which the header suffices, and making a context.

    Raises:
        LoadFailed: The library refuses the model or the settings.
    """
    lib = library()
    lines: list[str] = []

    def keep(level: int, text: bytes, _data: Any) -> None:
        log_lines().add(level, text)
        if b" size" in text and b"MiB" in text:
            lines.append(text.decode("utf-8", "replace").strip())

    callback = lib.llama_log_callback(keep)
    lib.llama_log_set(callback, None)
    model = Model(path, gpu_layers=gpu_layers, repack=repack, simulate=True)
    context = Context(model, settings)
    found = SimulatedLoad(weights_bytes=model.size_bytes, lines=tuple(lines))
    context.close()
    model.close()
    return found
