"""How many layers a model may be cut to, so that the engine still takes it for its architecture."""

from __future__ import annotations

from collections.abc import Mapping

from hearth.errors import InvalidRequest
from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.metadata import Value
from hearth.models.labels import plain


def check_cut(info: ModelInfo, num_layers: int, *, num_extra: int = 0) -> None:
    """Check that a model can be cut to its first layers.

    Args:
        info: The whole model.
        num_layers: How many layers are to be kept.
        num_extra: Layers at its end that draft several tokens ahead; a cut leaves out all of them.

    Raises:
        InvalidRequest: It has fewer layers, or so few are not of all its kinds.
    """
    least, most = least_layers(info), info.num_layers - num_extra
    if num_layers == info.num_layers or least <= num_layers <= most:
        return
    raise InvalidRequest(
        f"{num_layers} layers were asked for; the model has {info.num_layers}.",
        hint=f"{least} to {most} layers of {plain(info.name)} are possible, or all of them.",
        param="num_layers",
    )


def least_layers(info: ModelInfo) -> int:
    """Return the fewest first layers that have one of each kind.

    A hybrid of attention and recurrent layers makes two memories, and the engine ends the process
    when there is no layer for one of them.
    """
    kinds = [layer.key_width > 0 for layer in info.layers]
    return 1 + max(kinds.index(kind) for kind in set(kinds))


def extra_layers(metadata: Mapping[str, Value], architecture: str) -> int:
    """Return how many layers at the end of a model draft tokens ahead."""
    count = metadata.get(f"{architecture}.nextn_predict_layers", 0)
    return count if isinstance(count, int) else 0
