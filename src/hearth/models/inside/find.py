"""Find a tensor by its name."""

from __future__ import annotations

import difflib

from hearth.errors import NotFound
from hearth.models.card import ModelCard, TensorEntry
from hearth.models.labels import plain


def find_tensor(card: ModelCard, name: str) -> TensorEntry:
    """Return the tensor of a name.

    Raises:
        NotFound: There is none; the nearest names are suggested.
    """
    names = [tensor.name for tensor in card.tensors]
    if name in names:
        return card.tensors[names.index(name)]
    near = difflib.get_close_matches(name[:200], names, n=3)
    hint = f"Did you mean {', '.join(map(plain, near))}?" if near else None
    raise NotFound(
        f"The model has no tensor {plain(name)!r}.",
        hint=hint or "`hearth models tensors MODEL` lists them.",
        param="tensor",
    )
