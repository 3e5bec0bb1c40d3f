"""Which tensor of one model is which of another, where two formats name them differently.

GGUF has short names of its own. The `gguf` package knows for each architecture what the names of
PyTorch models become; what is not in its table (single experts, which GGUF stacks into one tensor)
stays unmatched.
"""

from __future__ import annotations

from collections.abc import Callable

from hearth.models.card import ModelCard

_SUFFIXES = (".weight", ".bias")


def common_name(card: ModelCard, other: ModelCard) -> Callable[[str], str]:
    """Return what turns a tensor's name in `card` into the one under which both are compared.

    Args:
        card: The model whose names are given.
        other: The model that it is compared with.
    """
    if card.format == "gguf" or other.format != "gguf":
        return str
    return _gguf_names(other.architecture or "", other.num_layers or card.num_layers or 0)


def _gguf_names(architecture: str, num_layers: int) -> Callable[[str], str]:
    import gguf  # takes 0.3 s

    numbers = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}
    if architecture not in numbers:
        return str
    table = gguf.get_tensor_name_map(numbers[architecture], num_layers)

    def rename(name: str) -> str:
        return table.get_name(name, try_suffixes=_SUFFIXES) or name

    return rename
