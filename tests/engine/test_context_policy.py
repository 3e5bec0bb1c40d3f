"""A prompt that is too long is refused with the numbers, or cut with a receipt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hearth.core import ContextPolicy, Message, Role
from hearth.engine.context_policy import cut_messages, cut_tokens, droppable
from hearth.errors import ContextExceeded

CHAT = (
    Message(role=Role.SYSTEM, content="s" * 10),
    Message(role=Role.USER, content="1" * 10),
    Message(role=Role.ASSISTANT, content="2" * 10),
    Message(role=Role.USER, content="3" * 10),
    Message(role=Role.ASSISTANT, content="4" * 10),
    Message(role=Role.USER, content="5" * 10),
)


async def one_token_per_character(messages: Sequence[Message]) -> list[int]:
    return [ord(c) for m in messages for c in m.content]


async def cut(policy: ContextPolicy, context: int, reserve: int = 5):
    tokens = await one_token_per_character(CHAT)
    return await cut_messages(
        CHAT,
        tokens,
        policy=policy,
        context=context,
        reserve=reserve,
        tokenize=one_token_per_character,
    )


async def test_drop_oldest_keeps_the_system_message_and_the_question() -> None:
    tokens, receipt = await cut(ContextPolicy.DROP_OLDEST, context=50)
    assert receipt.dropped_messages == (1, 2)
    assert (receipt.prompt_tokens_before, receipt.prompt_tokens_after) == (60, 40)
    assert len(tokens) == 40


async def test_keep_ends_keeps_the_first_exchange() -> None:
    _, receipt = await cut(ContextPolicy.KEEP_ENDS, context=50)
    assert receipt.dropped_messages == (3, 4)


async def test_no_more_is_dropped_than_must_be() -> None:
    _, receipt = await cut(ContextPolicy.DROP_OLDEST, context=45)
    assert receipt.dropped_messages == (1, 2)


async def test_what_must_stay_does_not_fit() -> None:
    with pytest.raises(ContextExceeded, match="60 tokens"):
        await cut(ContextPolicy.DROP_OLDEST, context=20)


def test_exchanges_go_as_a_whole() -> None:
    assert droppable(CHAT, ContextPolicy.DROP_OLDEST) == [[1, 2], [3, 4]]
    assert droppable(CHAT, ContextPolicy.KEEP_ENDS) == [[3, 4]]


def test_a_raw_prompt_loses_its_beginning_or_its_middle() -> None:
    tokens = list(range(100))
    kept, receipt = cut_tokens(tokens, policy=ContextPolicy.DROP_OLDEST, context=50, reserve=10)
    assert kept == tokens[60:]
    assert receipt.prompt_tokens_after == 40
    kept, _ = cut_tokens(tokens, policy=ContextPolicy.KEEP_ENDS, context=50, reserve=10)
    assert kept == tokens[:20] + tokens[80:]


def test_no_room_beside_the_answer() -> None:
    with pytest.raises(ContextExceeded):
        cut_tokens([1, 2, 3], policy=ContextPolicy.KEEP_ENDS, context=2, reserve=2)
