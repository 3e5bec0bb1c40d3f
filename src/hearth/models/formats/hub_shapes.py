"""What the shapes of a model's tensors tell of the network, whatever its configuration says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.models.card import TensorEntry
from hearth.models.formats.hub_config import HubConfig

_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks|block)\.(\d{1,5})\.")
_EMBEDDINGS = re.compile(
    r"(?:embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|backbone\.embeddings?)\.weight$"
)
_KEYS = re.compile(r"(?:self_attn|attention|attn)\.k_proj\.weight$")
_VISION = re.compile(r"vision|visual|audio")
_UNPACKED = frozenset({"F32", "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenShape:
    """What the tensors show; None where they do not.

    Args:
        head_size: The configuration's, where it names one, else what the key projections have.
        warnings: Where the tensors contradict the configuration, as sentences.
    """

    num_layers: int | None = None
    width: int | None = None
    vocab_size: int | None = None
    head_size: int | None = None
    warnings: tuple[str, ...] = ()


def seen_shape(tensors: Sequence[TensorEntry], config: HubConfig) -> SeenShape:
    """Return what the tensors of the language model show.

    Args:
        tensors: All tensors; those of vision and audio parts are left out.
        config: What `config.json` says, to compare with.
    """
    listed = [tensor for tensor in tensors if not _VISION.search(tensor.name)]
    numbers = [int(found[1]) for tensor in listed if (found := _LAYER.search(tensor.name))]
    num_layers = max(numbers) + 1 if numbers else None
    vocab_size, width = _embeddings(listed)
    head_size, contradiction = _head_size(listed, config)
    pairs = (("layers", num_layers, config.num_layers), ("a width of", width, config.width))
    warnings = [
        f"config.json says {told:,} for {what.removesuffix(' of')}, the tensors have {seen:,}"
        for what, seen, told in pairs
        if told is not None and seen is not None and seen < told
    ]
    return SeenShape(
        num_layers=num_layers,
        width=width,
        vocab_size=vocab_size,
        head_size=head_size,
        warnings=(*warnings, *contradiction),
    )


def _embeddings(tensors: Sequence[TensorEntry]) -> tuple[int | None, int | None]:
    for tensor in tensors:
        if _EMBEDDINGS.search(tensor.name) and tensor.type in _UNPACKED and len(tensor.shape) == 2:
            return tensor.shape
    return None, None


def _head_size(
    tensors: Sequence[TensorEntry], config: HubConfig
) -> tuple[int | None, tuple[str, ...]]:
    sizes = Counter(
        tensor.shape[0] // config.num_kv_heads
        for tensor in tensors
        if config.num_kv_heads
        and _KEYS.search(tensor.name)
        and tensor.type in _UNPACKED
        and len(tensor.shape) == 2
        and tensor.shape[0] % config.num_kv_heads == 0
    )
    if not sizes or config.head_size in sizes:
        return config.head_size, ()
    seen = sizes.most_common(1)[0][0]
    if not config.names_head_size:
        return seen, ()
    return config.head_size, (
        f"config.json says that heads have {config.head_size} numbers, the tensors have {seen}",
    )
