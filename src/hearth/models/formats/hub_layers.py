"""Which layers of a network look back over a window, and which keep a state of fixed size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hearth.models.formats.documents import number_of
from hearth.models.formats.other_names import gguf_architecture
from hearth.models.gguf.architectures import architectures

MAX_LAYERS = 10_000  # a model of more is none; each layer is looked at

# Words of `layer_types` and `layers_block_type`.
_WINDOWED = frozenset({"sliding_attention", "chunked_attention", "sliding"})
_RECURRENT = frozenset({"linear_attention", "mamba", "mamba2", "recurrent", "conv", "hybrid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerKinds:
    """How many layers are of which kind; a layer can be neither.

    Args:
        num_listed: Layers that the configuration lists one by one; None when it lists none.
    """

    num_listed: int | None = None
    sliding_window: int | None = None
    num_windowed: int = 0
    num_recurrent: int = 0


def layer_kinds(
    config: Mapping[str, Any],
    architecture: str,
    num_layers: int | None,
    defaults: Mapping[str, Any],
) -> LayerKinds:
    """Return the kinds of the layers.

    Args:
        config: The language model's part of `config.json`.
        architecture: Its `model_type`.
        num_layers: Layers of the model, or None when nobody says.
        defaults: What its configuration class assumes.
    """
    listed = _listed_kinds(config)
    num_layers = num_layers or 0
    window = _window(config, defaults)
    windowed = 0
    if window is not None:
        windowed = _num_windowed(config, architecture, num_layers, listed)
    return LayerKinds(
        num_listed=len(listed) if listed else None,
        sliding_window=window if windowed else None,
        num_windowed=windowed,
        num_recurrent=_num_recurrent(config, architecture, num_layers, listed),
    )


def _listed_kinds(config: Mapping[str, Any]) -> list[str] | None:
    for name in ("layer_types", "layers_block_type"):
        value = config.get(name)
        if (
            isinstance(value, list)
            and len(value) <= MAX_LAYERS
            and all(isinstance(kind, str) for kind in value)
        ):
            return value
    pattern = config.get("hybrid_override_pattern")  # Nemotron-H: one letter per layer
    if isinstance(pattern, str) and len(pattern) <= MAX_LAYERS:
        return ["mamba" if letter == "M" else "other" for letter in pattern]
    return None


def _window(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> int | None:
    if config.get("use_sliding_window", defaults.get("use_sliding_window")) is False:
        return None
    for name in ("sliding_window", "sliding_window_size", "attention_chunk_size"):
        if name in config:
            return number_of(config[name])
    return number_of(defaults.get("sliding_window"))


def _num_windowed(
    config: Mapping[str, Any], architecture: str, num_layers: int, listed: list[str] | None
) -> int:
    if listed is not None:
        return sum(kind in _WINDOWED for kind in listed)
    first = config.get("max_window_layers")
    if "use_sliding_window" in config and isinstance(first, int):
        return min(max(num_layers - first, 0), num_layers)
    rule = architectures().sliding_window.get(gguf_architecture(architecture) or "")
    every = number_of(config.get("sliding_window_pattern")) or (rule.every if rule else 0)
    if every <= 1:
        return num_layers
    full = 0 if rule is not None and rule.first else every - 1
    return sum(index % every != full for index in range(num_layers))


def _num_recurrent(
    config: Mapping[str, Any], architecture: str, num_layers: int, listed: list[str] | None
) -> int:
    if listed is not None:
        return sum(kind in _RECURRENT for kind in listed)
    rule = architectures().recurrent.get(gguf_architecture(architecture) or "")
    if rule in ("all", "both"):
        return num_layers
    attention = config.get("attn_layer_indices")
    if isinstance(attention, list):
        return max(num_layers - len(attention), 0)
    period = number_of(config.get("attn_layer_period"))  # Jamba
    if period is not None:
        offset = number_of(config.get("attn_layer_offset"), low=0) or 0
        return sum(index % period != offset for index in range(num_layers))
    interval = number_of(config.get("full_attention_interval"))
    return sum((index + 1) % interval != 0 for index in range(num_layers)) if interval else 0
