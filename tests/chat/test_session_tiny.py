"""Turns on the real engine with a pico model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearth.chat.session import ChatSession
from hearth.config import load_config
from hearth.core import SamplingParams
from hearth.engine.local import LocalEngine
from hearth.store.conversations import Conversations
from hearth.store.records import ChatSettings, MessageStatus
from support.turns import Listener, hear

pytestmark = pytest.mark.tiny


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(load_config())
    yield engine
    await engine.close()


@pytest.fixture
def talk(conversations: Conversations, pico_path: Path) -> str:
    settings = ChatSettings(
        model=str(pico_path), sampling=SamplingParams(temperature=0.0), max_tokens=8
    )
    return conversations.create(settings).id


async def test_a_conversation_with_a_real_engine(
    engine: LocalEngine, conversations: Conversations, talk: str
) -> None:
    session = ChatSession(engine, conversations, top_logprobs=3)
    first = await hear(session.send(talk, "Hello"))
    answer = first.end.message
    assert answer.status is MessageStatus.COMPLETE, first.end.error
    assert answer.finished
    assert answer.started
    assert answer.finished.usage.prompt_tokens == answer.started.prompt_tokens
    traces = conversations.traces(answer.id)
    assert len(traces) == answer.num_tokens == answer.finished.usage.completion_tokens

    again = await hear(session.regenerate(answer.id))
    assert again.end.message.content == answer.content  # greedy

    index = next(i for i, trace in enumerate(traces) if _other_text(trace.alternatives, trace.id))
    choice = _other_text(traces[index].alternatives, traces[index].id)
    assert choice is not None
    fork = await hear(session.fork(answer.id, index, choice))
    assert fork.end.message.status is MessageStatus.COMPLETE, fork.end.error
    kept = conversations.traces(fork.answer.id)[: index + 1]
    assert [trace.id for trace in kept] == [*(t.id for t in traces[:index]), choice.id]
    assert fork.end.message.content.startswith(fork.answer.content)

    prompt = await session.exact_prompt(answer.id)
    assert "Hello" in prompt.text
    assert len(prompt.tokens) == answer.started.prompt_tokens


async def test_a_real_answer_is_stopped_and_kept(
    engine: LocalEngine, conversations: Conversations, talk: str
) -> None:
    settings = conversations.get(talk).settings
    conversations.configure(talk, ChatSettings(model=settings.model, sampling=settings.sampling))
    listener = Listener(ChatSession(engine, conversations).send(talk, "Hello"))
    await listener.until_deltas(2)
    await listener.stop()
    answer = conversations.message(listener.heard.answer.id)
    assert answer.status in (MessageStatus.STOPPED, MessageStatus.COMPLETE)
    assert answer.content.startswith(listener.heard.text[:1])


def _other_text(alternatives, chosen_id):
    """Return an alternative that is text by itself."""
    return next(
        (a for a in alternatives if a.id != chosen_id and a.text and "\ufffd" not in a.text), None
    )
