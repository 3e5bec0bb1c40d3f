"""What each layer of a model keeps per token and per sequence: the geometry of its memory.

Attention layers keep a key and a value row per token (`head size x kv heads` numbers each); with
multi-head latent attention one compressed row; recurrent layers a state per sequence that does not
grow. Source: llama_kv_cache and llama_hparams::n_embd_r / n_embd_s of llama.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth.models.gguf.architectures import SlidingRule, architectures
from hearth.models.gguf.fields import Fields

STATE_BYTES = 4  # recurrent states are kept in float32


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCache:
    """Memory of one layer.

    Args:
        key_width: Numbers per token in the key row; 0 without attention.
        value_width: Numbers per token in the value row; 0 when values are a view of the keys.
        windowed: True when the layer looks back over the sliding window only.
        state_bytes: Bytes per sequence of a recurrent state.
    """

    key_width: int
    value_width: int
    windowed: bool = False
    state_bytes: int = 0


def sliding_window(fields: Fields, architecture: str, num_layers: int) -> int | None:
    """Return the length of the sliding window in tokens, or None when no layer has one."""
    rule = _sliding_rule(architecture, num_layers)
    if rule is None:
        return None
    return fields.size("attention.sliding_window", rule.window or 0) or None


def layer_caches(
    fields: Fields, architecture: str, heads: tuple[int, ...], kv_heads: tuple[int, ...]
) -> tuple[LayerCache, ...]:
    """Return what each layer keeps.

    Args:
        fields: The header's values.
        architecture: Name of the family.
        heads: Query heads per layer.
        kv_heads: Key-value heads per layer.

    Raises:
        BadModelFile: A size is missing or impossible.
    """
    num_layers = len(heads)
    windowed = _windowed(fields, architecture, num_layers)
    recurrent = _recurrent(fields, architecture, kv_heads)
    attends = architectures().recurrent.get(architecture) == "both"
    first_shared = _first_shared_layer(fields, architecture, num_layers)
    state_bytes = _state_bytes(fields, max(heads))
    layers = []
    for index in range(num_layers):
        keys = kv_heads[index] if index < first_shared else 0
        if recurrent[index] and not attends:
            keys = 0
        key_size, value_size = _head_sizes(fields, max(heads), windowed=windowed[index])
        layers.append(
            LayerCache(
                key_width=keys * key_size,
                value_width=keys * value_size,
                windowed=windowed[index],
                state_bytes=state_bytes if recurrent[index] else 0,
            )
        )
    return tuple(layers)


def _head_sizes(fields: Fields, num_heads: int, *, windowed: bool) -> tuple[int, int]:
    default = fields.size("embedding_length") // num_heads if num_heads else 0
    key = fields.size("attention.key_length", default)
    value = fields.size("attention.value_length", default)
    if windowed:
        key = fields.size("attention.key_length_swa", key)
        value = fields.size("attention.value_length_swa", value)
    # Latent attention keeps one row; the values are a view of it.
    is_latent = fields.has("attention.key_length_mla") and fields.has("attention.value_length_mla")
    return key, 0 if is_latent else value


def _sliding_rule(architecture: str, num_layers: int) -> SlidingRule | None:
    rule = architectures().sliding_window.get(architecture)
    return None if rule is None or rule.layers not in (None, num_layers) else rule


def _windowed(fields: Fields, architecture: str, num_layers: int) -> tuple[bool, ...]:
    rule = _sliding_rule(architecture, num_layers)
    if rule is None or not sliding_window(fields, architecture, num_layers):
        return (False,) * num_layers
    flags = fields.flags("attention.sliding_window_pattern", num_layers)
    if flags is not None:
        return flags
    every = fields.size("attention.sliding_window_pattern", rule.every)
    if every == 0:
        return (False,) * num_layers  # not named: count every layer as full, the larger figure
    full = 0 if rule.first else every - 1
    return tuple(index % every != full for index in range(num_layers))


def _recurrent(fields: Fields, architecture: str, kv_heads: tuple[int, ...]) -> tuple[bool, ...]:
    rule = architectures().recurrent.get(architecture)
    num_layers = len(kv_heads)
    if rule is None:
        return (False,) * num_layers
    if rule in ("all", "both"):
        return (True,) * num_layers
    if rule == "no_kv_heads":
        return tuple(count == 0 for count in kv_heads)
    flags = fields.flags("attention.recurrent_layers", num_layers)
    every = fields.size("full_attention_interval", int(rule), low=1)
    return flags or tuple((index + 1) % every != 0 for index in range(num_layers))


def _first_shared_layer(fields: Fields, architecture: str, num_layers: int) -> int:
    shared = fields.size("attention.shared_kv_layers", 0)
    return architectures().first_shared_layer.get(architecture, num_layers - shared)


def _state_bytes(fields: Fields, num_heads: int) -> int:
    width = fields.size("embedding_length")
    wkv_head = fields.size("wkv.head_size", 0)
    if wkv_head:
        return STATE_BYTES * width * (fields.size("token_shift_count", 2) + wkv_head)
    convolution = fields.size("ssm.conv_kernel", 0)
    kda_head = fields.size("kda.head_dim", 0)
    if kda_head:
        inner = num_heads * kda_head
        return STATE_BYTES * (3 * max(convolution - 1, 0) * inner + inner * kda_head)
    shortconv = fields.size("shortconv.l_cache", 0)
    if shortconv:
        return STATE_BYTES * width * (shortconv - 1)
    inner = fields.size("ssm.inner_size", 0)
    state = fields.size("ssm.state_size", 0)
    groups = fields.size("ssm.group_count", 0)
    rolling = max(convolution - 1, 0) * (inner + 2 * groups * state)
    return STATE_BYTES * (rolling + state * inner)
