"""What is best for whom: how offers are ranked for each purpose."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hearth.plan.choose.offer import Offer
from hearth.plan.choose.wishes import Purpose

# A rise of perplexity by one percent is worth as many percent of speed: up to Q5_K_M it is, since
# each bit gains more than it costs; beyond, hardly anybody can tell.
PERCENT_OF_SPEED = 10.0
MAX_LOSS = 0.12  # beyond, a smaller model answers better: Q3_K_M just passes
GOOD_LOSS = 0.05  # hardly noticed: Q4_K_M and better
READING_SPEED = 5.0  # tokens per second; people read 4 to 5 words a second
UNKNOWN_LOSS = 0.02  # an own format of its publisher (MXFP4, FP8) is what it was trained for
SAME_LOSS = 0.001  # of perplexity; nobody measures less


def acceptable(found: Sequence[Offer], purpose: Purpose) -> list[Offer]:
    """Return the offers that are good enough for a purpose; all where none is."""
    floor = GOOD_LOSS if purpose in ("fast", "many") else MAX_LOSS
    good = [offer for offer in found if is_good(offer, floor)]
    return good or list(found)


def is_good(offer: Offer, max_loss: float = MAX_LOSS) -> bool:
    """Say whether an offer loses little enough of a model's quality."""
    return _loss(offer) <= max_loss


def ranked(found: Sequence[Offer], purpose: Purpose) -> list[Offer]:
    """Return offers with the best for a purpose first."""
    good = acceptable(found, purpose)
    if purpose == "quality":
        # What cannot be read along is no use, however good; where nothing can, speed counts, too.
        fluent = [offer for offer in good if _speed(offer) >= READING_SPEED]
        good, purpose = (fluent, purpose) if fluent else (good, "balanced")
    return sorted(good, key=lambda offer: rank(offer, purpose), reverse=True)


def rank(offer: Offer, purpose: Purpose) -> tuple[float, ...]:
    """Return what offers are ordered by for a purpose: the largest is the best."""
    speed = _speed(offer)
    worth = math.log(speed) if speed > 0 else 0.0
    balance = worth - PERCENT_OF_SPEED * _loss(offer)
    match purpose:
        case "fast" | "many":
            return (speed, -_loss(offer))
        case "long":
            return (offer.settings.context, balance)
        case "quality":
            return (-round(_loss(offer) / SAME_LOSS), speed)
        case "balanced":
            return (balance,)


def reason_words(offer: Offer, purpose: Purpose, count: int) -> str:
    """Return why an offer was taken from as many."""
    among = f"of {count} that fit" if count > 1 else "the only one that fits"
    match purpose:
        case "fast" | "many":
            return f"the fastest {among} and lose less than {GOOD_LOSS:.0%} perplexity"
        case "long":
            return f"leaves room for the longest context, {among}"
        case "quality":
            return f"loses least, {among}"
        case "balanced":
            return f"the best of quality and speed, {among}"


def _loss(offer: Offer) -> float:
    return UNKNOWN_LOSS if offer.loss is None else offer.loss


def _speed(offer: Offer) -> float:
    return offer.decode or 0.0
