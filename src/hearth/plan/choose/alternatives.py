"""What else could be chosen, one thing changed at a time, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hearth.models.gguf.info import ModelInfo
from hearth.plan.choose.offer import Offer, Table, offers, with_speeds
from hearth.plan.choose.plan import Alternative, AlternativeKind
from hearth.plan.choose.quality import quality_words
from hearth.plan.choose.search import KV_LADDER, LADDER, best_of, kv_types_for
from hearth.plan.choose.subject import Subject, requantized
from hearth.plan.choose.wishes import Wishes
from hearth.plan.load import SMALLEST_CONTEXT
from hearth.plan.quantizations import quantization
from hearth.plan.show import amount

SAME_SPEED = 0.01  # changes below are not worth a word
SAME_BYTES = 2**20


def alternatives(
    subject: Subject, best: Offer, table: Table, wishes: Wishes
) -> Iterator[Alternative]:
    """Yield other choices, each with what it costs against the best one.

    Args:
        subject: The model in the quantization that was chosen.
        best: What was chosen.
        table: The machine.
        wishes: What was asked for; what the person fixed is varied, too, to show its price.
    """
    kept = best.settings
    kv_type = kept.kv_type if best.fits else wishes.kv_type
    fixed = replace(wishes, context=kept.context, kv_type=kv_type, users=kept.users)
    for name in _next_quantizations(kept.quantization, fits=best.fits):
        other = best_of(requantized(subject, name), table, replace(fixed, quantization=name))
        yield _made("quantization", name, other, best)
    for context in _next_contexts(best.settings.context, subject.info):
        other = best_of(subject, table, replace(fixed, context=context))
        yield _made("context", f"{context:,} tokens", other, best)
    for kv_type in _next_kv_types(best.settings.kv_type, subject.info):
        other = best_of(subject, table, replace(fixed, kv_type=kv_type))
        yield _made("keys and values", kv_type, other, best)
    for other in offers(subject, table, best.settings):
        if other.split != best.split:
            yield _made("split", str(other.split), with_speeds(other, subject, table), best)


def cost_words(other: Offer, best: Offer) -> str:
    """Return what changes from one offer to another, in words."""
    return ", ".join(_costs(other, best)) or "hardly anything changes"


def _made(kind: AlternativeKind, what: str, other: Offer, best: Offer) -> Alternative:
    return Alternative(kind=kind, what=what, cost=cost_words(other, best), offer=other)


def _costs(other: Offer, best: Offer) -> Iterator[str]:
    if not other.fits:
        over = sum(
            max(0, share.total_bytes - (share.budget.free_bytes or share.total_bytes))
            for share in other.devices
        )
        yield f"does not fit, {amount(over)} too much"
    more = other.memory.total_bytes - best.memory.total_bytes
    if abs(more) >= SAME_BYTES:
        yield f"{amount(abs(more))} {'more' if more > 0 else 'less'}"
    if other.decode and best.decode:
        change = other.decode / best.decode - 1
        if abs(change) >= SAME_SPEED:
            yield _faster(change)
    then, now = quality_words(other.loss), quality_words(best.loss)
    if then != now:
        yield f"{then} instead of {now.removeprefix('perplexity ')}"


def _faster(change: float) -> str:
    if change >= 1:
        return f"{1 + change:.1f} times as fast"
    return f"{abs(change):.0%} {'faster' if change > 0 else 'slower'}"


def _next_quantizations(name: str, *, fits: bool) -> Iterator[str]:
    """Yield the next smaller one and the next larger one that people publish.

    Of what does not fit, all smaller ones: one of them may.
    """
    bits = {each: quantization(each).usual_bits for each in LADDER}
    own = quantization(name).usual_bits
    smaller = [each for each in LADDER if bits[each] < own and each != name]
    larger = [each for each in LADDER if bits[each] > own and each != name]
    yield from smaller[:1] if fits else smaller
    yield from larger[-1:] if fits else ()


def _next_contexts(context: int, info: ModelInfo) -> Iterator[int]:
    if context // 2 >= SMALLEST_CONTEXT:
        yield context // 2
    if context * 2 <= info.context_length:
        yield context * 2
    elif context < info.context_length:
        yield info.context_length


def _next_kv_types(kv_type: str, info: ModelInfo) -> Iterator[str]:
    possible = [each for each in kv_types_for(info, Wishes()) if each in KV_LADDER]
    yield from (each for each in possible if each != kv_type)
