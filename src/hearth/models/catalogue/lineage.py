"""Which family a model belongs to, and how sure that is.

The architecture comes first: a model is built as its family is built, whatever its name promises.
Most open models are Llamas by architecture, though; among the families that share one, the models
it was made from decide, then its own name. In a name the last family counts, as names are put
together from what was done to what it was done to ("DeepSeek-R1-Distill-Llama-8B" is a Llama).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hearth.models.card import ModelCard
from hearth.models.catalogue.records import Family
from hearth.models.catalogue.tables import families

Sure = Literal["certain", "likely", "possible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyMatch:
    """A family, and why a model is taken for one of it.

    Args:
        sure: "certain" when only this family builds so, or the file itself names a base of it;
            "likely" by name; "possible" when the architecture is the family's own but shared.
        reason: A clause that says on what this rests.
    """

    family: Family
    sure: Sure
    reason: str


def family_of(card: ModelCard) -> Family | None:
    """Return the family of a model, or None where nothing tells it."""
    match = match_family(card)
    return match.family if match else None


def match_family(card: ModelCard) -> FamilyMatch | None:
    """Return the family of a model with how sure that is, or None where nothing tells it."""
    lineage = card.lineage
    bases = [*lineage.base_models, *lineage.merged_from]
    if lineage.adapter_of:
        bases.append(lineage.adapter_of)
    names = [card.name, *(file.name for file in card.files)]
    if card.architecture is None:
        return _by_name(families(), bases, names)
    sharing = [one for one in families() if _builds(one, card)]
    if len(sharing) == 1:
        reason = f"only {sharing[0].name} has the architecture {card.architecture}"
        return FamilyMatch(family=sharing[0], sure="certain", reason=reason)
    return _by_name(sharing, bases, names) or _by_own(sharing, card.architecture)


def _builds(family: Family, card: ModelCard) -> bool:
    return card.architecture in family.gguf or not {card.architecture, card.model_class}.isdisjoint(
        family.hub
    )


def _by_name(
    candidates: Sequence[Family], bases: Iterable[str], names: Iterable[str]
) -> FamilyMatch | None:
    for base in bases:
        if found := _last_named(candidates, base):
            return FamilyMatch(family=found, sure="certain", reason=f"it was made from {base}")
    for name in names:
        if found := _last_named(candidates, name):
            return FamilyMatch(family=found, sure="likely", reason=f"its name is {name}")
    return None


def _last_named(candidates: Sequence[Family], text: str) -> Family | None:
    """Return the family whose word comes last in a name; of two there, that of the longer word."""
    found = [
        (hit.end(), len(word), family)
        for family in candidates
        for word in family.names
        for hit in re.finditer(_as_word(word), text.casefold())
    ]
    return max(found, key=lambda one: one[:2])[2] if found else None


def _as_word(word: str) -> str:
    # A version may follow at once ("qwen2.5", "phi3"), a letter may not ("llamafile").
    return rf"(?<![a-z0-9]){re.escape(word)}(?![a-z])"


def _by_own(sharing: Sequence[Family], architecture: str) -> FamilyMatch | None:
    """Return the family whose name the architecture bears, when nothing else decides."""
    for family in sharing:
        if architecture.casefold().startswith(family.id):
            others = len(sharing) - 1
            reason = f"{architecture} is its own architecture, shared by {others} other families"
            return FamilyMatch(family=family, sure="possible", reason=reason)
    return None
