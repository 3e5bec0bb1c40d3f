"""How long a sequence may be, and how many tokens the memory that all of them share holds."""

from __future__ import annotations

import math

from hearth.core import Choice, LoadOptions, check_range
from hearth.errors import InvalidRequest
from hearth.models.gguf.info import ModelInfo
from hearth.plan.memory import padded_cells
from hearth.plan.rope import MAX_FACTOR, ROPE_METHODS, RopeScaling, longest_context
from hearth.plan.sizing import Sizing

DEFAULT_CONTEXT = 8192
USUAL_METHOD = "yarn"  # of the scalings, where a person is told of one


def choose_context(info: ModelInfo, options: LoadOptions) -> int | None:
    """Return the context that was asked for, checked, or None.

    Raises:
        InvalidRequest: It is longer than the model was trained for, and no scaling reaches it.
    """
    check_range("context", options.context, 16, 2**31 - 1)
    scaling = RopeScaling.asked(options.rope)
    longest = longest_context(info, scaling)
    if options.context is None or options.context <= longest:
        return options.context
    reached = f", {longest:,} with {scaling}" if scaling else ""
    raise InvalidRequest(
        f"A context of {options.context:,} tokens was asked for; {info.name} was trained for "
        f"{info.context_length:,}{reached}, and writes nonsense beyond.",
        hint=f"Use --context {longest}{_scaled(info, options.context)}.",
        param="context",
    )


def usual_context(info: ModelInfo, rope: str) -> int:
    """Return the context where nobody asked for one: whoever scales positions wants all of it."""
    scaling = RopeScaling.asked(rope)
    longest = longest_context(info, scaling)
    return longest if scaling else min(longest, DEFAULT_CONTEXT)


def fitting_context(
    sizing: Sizing, wanted: int, *, is_asked: bool, force: bool
) -> Choice[int] | None:
    """Choose the context; None where neither the wanted one nor an allowed shorter one fits."""
    trained = sizing.info.context_length
    if sizing.fits(wanted):
        if is_asked:
            return Choice(value=wanted, reason="as asked")
        if wanted == trained:
            return Choice(value=wanted, reason="all that it was trained for")
        if wanted > trained:
            return Choice(value=wanted, reason=f"trained for {trained:,}, and scaled beyond")
        return Choice(value=wanted, reason=f"of {trained:,} that it was trained for")
    if force:
        return Choice(value=wanted, reason="forced, although memory may not suffice")
    fitting = None if is_asked else sizing.largest_fitting(wanted)
    if fitting is None:
        return None
    return Choice(value=fitting, reason=f"{wanted:,} would need more memory than is free")


def choose_cells(sizing: Sizing, context: int) -> Choice[int]:
    """Choose how many tokens the memory shared by all sequences holds."""
    pool = padded_cells(context)
    if sizing.need(2 * pool).total_bytes <= sizing.budget_bytes // 2 and sizing.fits(2 * pool):
        return Choice(value=2 * pool, reason="two whole contexts; sequences share the pool")
    return Choice(value=pool, reason="one whole context; more would take half the free memory")


def _scaled(info: ModelInfo, context: int) -> str:
    """Return the words of a hint that reach a context by scaling; none where nothing does."""
    factor = math.ceil(context / info.context_length)
    if info.rotary is None or factor > MAX_FACTOR:
        return ""
    method = info.rotary.scaling or USUAL_METHOD
    if method not in ROPE_METHODS:
        return ""
    return (
        f", or scale its positions: --context {context} --rope {method}:{factor}; "
        "`hearth bench perplexity --by-position` shows what that costs"
    )
