"""Search quantization, context, type of keys and values, and split: what memory allows, then rank.

For each quantization and context the types of keys and values are tried from the most exact on.
Fewer bits there buy memory and hardly ever speed, so that the first that fits is kept; with a GPU
the first that leaves nothing behind in main memory, if there is one. Only what fits is worth a
prediction of its speed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hearth.models.gguf.info import ModelInfo
from hearth.plan.choices import fills_blocks
from hearth.plan.choose.offer import Offer, Table, offers, settings_for, with_speeds
from hearth.plan.choose.ranking import rank, ranked
from hearth.plan.choose.subject import Subject, requantized
from hearth.plan.choose.wishes import ANY, Wishes
from hearth.plan.context import DEFAULT_CONTEXT
from hearth.plan.flash import NO_FLASH_ATTENTION
from hearth.plan.load import SMALLEST_CONTEXT
from hearth.plan.memory import KV_TYPES

# What people publish and download, from the most bits to the fewest.
LADDER = ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "IQ4_XS", "Q3_K_M", "Q2_K")
KV_LADDER = ("f16", "q8_0", "q4_0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search came to.

    Args:
        best: The best offer that fits; else the one that takes least memory.
        fitting: All that fit, one for each quantization, the best first.
        subjects: The model in each quantization that was looked at.
    """

    best: Offer
    fitting: tuple[Offer, ...]
    subjects: dict[str, Subject]


def search(subject: Subject, table: Table, wishes: Wishes) -> Found:
    """Return the best way to run a model on a machine, and the others."""
    subjects = {name: requantized(subject, name) for name in quantizations_for(subject, wishes)}
    per_quantization = [best_of(each, table, wishes) for each in subjects.values()]
    fitting = [offer for offer in per_quantization if offer.fits]
    if not fitting:
        least = min(per_quantization, key=lambda offer: offer.memory.total_bytes)
        return Found(best=least, fitting=(), subjects=subjects)
    good = ranked(fitting, wishes.purpose)
    others = (offer for offer in fitting if offer not in good)
    return Found(best=good[0], fitting=(*good, *others), subjects=subjects)


def best_of(subject: Subject, table: Table, wishes: Wishes) -> Offer:
    """Return the best offer of one quantization; one that does not fit where none does."""
    last: Offer | None = None
    for context in contexts_for(subject.info, wishes):
        fitting: list[Offer] = []
        for kv_type in kv_types_for(subject.info, wishes):
            settings = settings_for(
                subject, table, context=context, kv_type=kv_type, users=wishes.num_users
            )
            made = list(offers(subject, table, settings))
            last = made[0]
            fitting += [with_speeds(each, subject, table) for each in made if each.fits]
            if any(not table.limits.gpus or each.split.kind == "gpu" for each in fitting):
                break
        if fitting:
            return max(fitting, key=lambda offer: rank(offer, wishes.purpose))
    assert last is not None  # there is at least one context and one type
    return with_speeds(last, subject, table)


def quantizations_for(subject: Subject, wishes: Wishes) -> Sequence[str]:
    """Return the quantizations to look at: the asked one, the file's own, or all."""
    asked = wishes.quantization
    if asked is not None and asked != ANY:
        return (asked,)
    return (subject.quantization,) if asked is None and subject.is_file else LADDER


def contexts_for(info: ModelInfo, wishes: Wishes) -> Iterator[int]:
    """Yield the contexts to try, the most wanted first."""
    if wishes.context is not None:
        yield wishes.context
        return
    trained = info.context_length
    context = trained if wishes.purpose == "long" else min(trained, DEFAULT_CONTEXT)
    while True:
        yield context
        if context <= SMALLEST_CONTEXT:
            return
        context = max(SMALLEST_CONTEXT, 1 << (context - 1).bit_length() - 1)


def kv_types_for(info: ModelInfo, wishes: Wishes) -> Sequence[str]:
    """Return the types of keys and values to try, the most exact first."""
    if wishes.kv_type is not None:
        return (wishes.kv_type,)
    can_shrink = info.architecture not in NO_FLASH_ATTENTION
    return [
        kv_type
        for kv_type in KV_LADDER
        if KV_TYPES[kv_type][0] == 1 or (can_shrink and fills_blocks(info, kv_type))
    ]
