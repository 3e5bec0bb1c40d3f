"""A model in OpenAI's list, with what Hearth knows of it in a member of its own.

The network gets names and facts, never a path of this machine.
"""

from __future__ import annotations

from typing import Any

from hearth.models.card import ModelCard
from hearth.models.library import ModelEntry

_FACTS = (
    "size_bytes",
    "source",
    "format",
    "kind",
    "architecture",
    "num_parameters",
    "quantization",
    "context_length",
    "digest",
    "is_verified",
    "last_used_s",
)


def model_member(entry: ModelEntry, card: ModelCard | None = None) -> dict[str, Any]:
    """Return a model as OpenAI's clients read it; they pass over the member `hearth`.

    Args:
        entry: What the library knows.
        card: All that the model's files tell, where one model was asked for.
    """
    facts: dict[str, Any] = {name: getattr(entry, name) for name in _FACTS}
    facts["problem"] = entry.problem and entry.problem.replace(str(entry.path), entry.path.name)
    if card is not None:
        facts["card"] = card.as_data()
    model = {"id": entry.name, "object": "model", "created": 0, "owned_by": "hearth"}
    return {**model, "hearth": facts}
