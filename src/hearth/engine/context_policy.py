"""What happens to a prompt that is longer than the context: refused with the numbers, or cut.

`drop_oldest` leaves out the oldest turns (never the system message, never the last turn);
`keep_ends` leaves out turns from the middle, so that the first exchange stays as well. A raw
prompt loses tokens at its beginning, or in its middle. Whatever is cut stands in a `Receipt`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from hearth.core import ContextPolicy, Message, Receipt, Role
from hearth.errors import ContextExceeded


def refuse(num_tokens: int, context: int, reserve: int) -> ContextExceeded:
    """Return the error for a prompt that does not fit, with the numbers."""
    return ContextExceeded(
        f"The prompt has {num_tokens:,} tokens; the context holds {context:,}, of which "
        f"{reserve:,} are kept for the answer.",
        param="messages",
        hint="Shorten it, load the model with a larger --context, or choose a context policy: "
        "drop_oldest or keep_ends.",
    )


async def cut_messages(
    messages: Sequence[Message],
    tokens: list[int],
    *,
    policy: ContextPolicy,
    context: int,
    reserve: int,
    tokenize: Callable[[Sequence[Message]], Awaitable[list[int]]],
) -> tuple[list[int], Receipt]:
    """Leave out messages until the conversation fits.

    Args:
        messages: The conversation.
        tokens: Its tokens, too many of them.
        policy: `DROP_OLDEST` or `KEEP_ENDS`.
        context: Tokens the context holds.
        reserve: Tokens kept for the answer.
        tokenize: Renders and tokenizes a conversation.

    Returns:
        The tokens of what is left, and the receipt.

    Raises:
        ContextExceeded: Even what must stay does not fit.
    """
    before, limit = len(tokens), context - reserve
    exchanges = droppable(messages, policy)
    # Bisect on how many of them go: rendering is the cost, and fewer turns are never longer.
    low, high = 1, len(exchanges)
    best: tuple[list[int], tuple[int, ...]] | None = None
    while low <= high:
        middle = (low + high) // 2
        gone = tuple(index for exchange in exchanges[:middle] for index in exchange)
        candidate = await tokenize([m for i, m in enumerate(messages) if i not in gone])
        if len(candidate) <= limit:
            best, high = (candidate, gone), middle - 1
        else:
            low = middle + 1
    if best is None:
        raise refuse(before, context, reserve)
    kept_tokens, gone = best
    return kept_tokens, Receipt(
        policy=policy,
        context_tokens=context,
        prompt_tokens_before=before,
        prompt_tokens_after=len(kept_tokens),
        dropped_messages=gone,
    )


def droppable(messages: Sequence[Message], policy: ContextPolicy) -> list[list[int]]:
    """Return the exchanges that may be left out, as message indexes, first to go first.

    An exchange is a user's message with the answers to it: many templates insist that turns
    alternate. The last exchange holds the question, and always stays.
    """
    exchanges: list[list[int]] = []
    for index, message in enumerate(messages):
        if message.role is Role.SYSTEM:
            continue
        if message.role is Role.USER or not exchanges:
            exchanges.append([])
        exchanges[-1].append(index)
    kept_at_start = 1 if policy is ContextPolicy.KEEP_ENDS else 0
    return exchanges[kept_at_start:-1]


def cut_tokens(
    tokens: list[int], *, policy: ContextPolicy, context: int, reserve: int
) -> tuple[list[int], Receipt]:
    """Cut a raw prompt: its beginning (`drop_oldest`) or its middle (`keep_ends`)."""
    limit = context - reserve
    if limit < 1:
        raise refuse(len(tokens), context, reserve)
    head = limit // 2 if policy is ContextPolicy.KEEP_ENDS else 0
    kept = tokens[:head] + tokens[len(tokens) - (limit - head) :]
    return kept, Receipt(
        policy=policy,
        context_tokens=context,
        prompt_tokens_before=len(tokens),
        prompt_tokens_after=len(kept),
    )
