"""Turns: what is stored, what is asked of the engine, what is yielded."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hearth.chat.events import TurnStored
from hearth.chat.session import ChatSession
from hearth.core import (
    ContextPolicy,
    FinishReason,
    Message,
    Role,
    SamplingParams,
    TokenChoice,
)
from hearth.errors import (
    ContextExceeded,
    EngineCrashed,
    InvalidRequest,
    ModelNotFound,
    NotFound,
)
from hearth.store.conversations import Conversations
from hearth.store.records import ChatSettings, MessageStatus
from support.fake_engine import PIECES, FakeEngine
from support.talk import SETTINGS
from support.turns import Listener, hear

ANSWER = "".join(PIECES)


async def test_a_turn_stores_asks_streams_and_ends(conversations: Conversations, talk: str) -> None:
    engine = FakeEngine()
    heard = await hear(ChatSession(engine, conversations).send(talk, "Why?"))
    assert heard.names() == ["TurnStored", "AnswerStarted", "AnswerDelta", "AnswerEnded"]
    assert heard.text == ANSWER
    assert heard.end.saved
    question, answer = conversations.branch(talk)
    assert question.content == "Why?"
    assert answer == heard.end.message
    assert (answer.content, answer.status, answer.num_tokens) == (
        ANSWER,
        MessageStatus.COMPLETE,
        len(PIECES),
    )
    assert answer.started
    assert answer.started.context_tokens == engine.context
    assert answer.finished
    assert answer.finished.reason is FinishReason.STOP
    assert [trace.text for trace in conversations.traces(answer.id)] == list(PIECES)


async def test_what_was_sent_is_on_disk_before_the_engine_hears_of_it(
    conversations: Conversations, talk: str
) -> None:
    engine = FakeEngine()
    turn = ChatSession(engine, conversations).send(talk, "Why?")
    assert isinstance(await anext(turn), TurnStored)
    assert engine.requests == []
    assert [message.content for message in conversations.branch(talk)] == ["Why?", ""]
    await turn.aclose()


async def test_the_engine_gets_the_branch_and_the_settings(conversations: Conversations) -> None:
    settings = ChatSettings(
        model="fake",
        system_prompt="Be brief.",
        sampling=SamplingParams(temperature=0.1, seed=3),
        max_tokens=2,
        context_policy=ContextPolicy.DROP_OLDEST,
        cache=False,
    )
    talk = conversations.create(settings).id
    engine = FakeEngine()
    session = ChatSession(engine, conversations, top_logprobs=3, owner="me")
    await hear(session.send(talk, "one"))
    await hear(session.send(talk, "two"))
    request = engine.requests[-1]
    assert request.messages == (
        Message(role=Role.SYSTEM, content="Be brief."),
        Message(role=Role.USER, content="one"),
        Message(role=Role.ASSISTANT, content="".join(PIECES[:2])),
        Message(role=Role.USER, content="two"),
    )
    assert (request.sampling, request.max_tokens) == (settings.sampling, 2)
    assert (request.context_policy, request.top_logprobs) == (ContextPolicy.DROP_OLDEST, 3)
    assert (request.owner, request.continue_with, request.cache) == ("me", "", False)


async def test_regenerate_adds_a_branch_with_the_present_settings(
    conversations: Conversations, talk: str
) -> None:
    engine = FakeEngine()
    session = ChatSession(engine, conversations)
    first = await hear(session.send(talk, "one"))
    hot = replace(SETTINGS, sampling=SamplingParams(temperature=2.0))
    conversations.configure(talk, hot)
    second = await hear(session.regenerate(first.answer.id))
    third = await hear(session.regenerate(first.events[0].question.id))
    assert second.events[0].question is None
    assert third.end.message.siblings == (first.answer.id, second.answer.id, third.answer.id)
    assert third.end.message.settings == hot
    assert conversations.message(first.answer.id).settings == SETTINGS
    assert [message.content for message in engine.requests[-1].messages] == ["one"]


async def test_edit_adds_a_branch_beside_the_question(
    conversations: Conversations, talk: str
) -> None:
    engine = FakeEngine()
    session = ChatSession(engine, conversations)
    await hear(session.send(talk, "one"))
    second = await hear(session.send(talk, "two"))
    edited = await hear(session.edit(second.events[0].question.id, "two, reworded"))
    assert [message.content for message in engine.requests[-1].messages] == [
        "one",
        ANSWER,
        "two, reworded",
    ]
    question = conversations.branch(talk)[2]
    assert question.siblings == (second.events[0].question.id, edited.events[0].question.id)
    with pytest.raises(InvalidRequest, match="your own"):
        await hear(session.edit(second.answer.id, "no"))


async def test_a_fork_keeps_what_was_before_and_takes_the_choice(
    conversations: Conversations, talk: str
) -> None:
    engine = FakeEngine()
    session = ChatSession(engine, conversations)
    first = await hear(session.send(talk, "one"))
    choice = TokenChoice(id=77, text=" du", logprob=-2.0)
    fork = await hear(session.fork(first.answer.id, 1, choice))
    assert engine.requests[-1].continue_with == "Hello du"
    assert fork.answer.content == "Hello du"
    answer = fork.end.message
    assert answer.content == "Hello du" + ANSWER
    assert answer.siblings == (first.answer.id, answer.id)
    traces = conversations.traces(answer.id)
    assert [trace.text for trace in traces] == ["Hello", " du", *PIECES]
    # The other possibilities are still shown at the place of the choice.
    assert traces[1].alternatives == conversations.traces(first.answer.id)[1].alternatives
    # A fork can be forked, at a token that it took over as well as at one of its own.
    again = await hear(session.fork(answer.id, 3, choice))
    assert again.answer.content == "Hello duHello du"


@pytest.mark.parametrize(
    ("token_index", "text", "param"),
    [
        (-1, "x", "token_index"),
        (6, "x", "token_index"),
        (0, "", "choice"),
        (0, "<s>", "choice"),
        (0, "\N{REPLACEMENT CHARACTER}", "choice"),
    ],
)
async def test_a_fork_that_cannot_be_is_refused(
    conversations: Conversations, talk: str, token_index: int, text: str, param: str
) -> None:
    session = ChatSession(FakeEngine(), conversations)
    first = await hear(session.send(talk, "one"))
    with pytest.raises(InvalidRequest) as raised:
        await hear(
            session.fork(first.answer.id, token_index, TokenChoice(id=1, text=text, logprob=0))
        )
    assert raised.value.param == param
    assert len(conversations.archive(talk).messages) == 2


async def test_only_an_answer_with_traces_can_be_forked(
    conversations: Conversations, talk: str
) -> None:
    session = ChatSession(FakeEngine(), conversations, top_logprobs=None)
    heard = await hear(session.send(talk, "one"))
    choice = TokenChoice(id=1, text="x", logprob=-1.0)
    with pytest.raises(InvalidRequest, match="0 tokens of this answer are known"):
        await hear(session.fork(heard.answer.id, 0, choice))
    with pytest.raises(InvalidRequest, match="Only an answer"):
        await hear(session.fork(heard.events[0].question.id, 0, choice))


async def test_cancelling_the_reader_stops_the_answer_and_keeps_it(
    conversations: Conversations, talk: str
) -> None:
    engine = FakeEngine(pieces=["word "] * 1000, delay_s=0.002)
    listener = Listener(ChatSession(engine, conversations).send(talk, "go"))
    await listener.until_deltas(5)
    await listener.stop()
    answer = conversations.message(listener.heard.answer.id)
    assert answer.status is MessageStatus.STOPPED
    assert answer.content == listener.heard.text
    assert answer.num_tokens == len(conversations.traces(answer.id)) >= 5
    assert engine.open_answers == 0
    # The conversation goes on after the part that there is.
    heard = await hear(ChatSession(FakeEngine(), conversations).send(talk, "more"))
    assert heard.end.message.status is MessageStatus.COMPLETE


@pytest.mark.parametrize("num_events", [1, 2, 4])
async def test_closing_the_turn_at_any_event_stops_the_answer(
    conversations: Conversations, talk: str, num_events: int
) -> None:
    engine = FakeEngine()
    turn = ChatSession(engine, conversations).send(talk, "go")
    for _ in range(num_events):
        await anext(turn)
    await turn.aclose()
    answer = conversations.branch(talk)[-1]
    assert answer.status is MessageStatus.STOPPED
    assert answer.content == "".join(PIECES[: max(0, num_events - 2)])
    assert engine.open_answers == 0


async def test_a_turn_cancelled_while_it_is_stored_is_stopped_and_whole(
    conversations: Conversations, talk: str
) -> None:
    for _ in range(20):
        listener = Listener(ChatSession(FakeEngine(), conversations).send(talk, "go"))
        for _ in range(4):
            await asyncio.sleep(0)
        await listener.stop()
    statuses = {message.status for message in conversations.archive(talk).messages}
    assert statuses == {MessageStatus.COMPLETE, MessageStatus.STOPPED}


@pytest.mark.parametrize("error_after", [0, 3])
async def test_an_engine_that_fails_leaves_a_marked_answer(
    conversations: Conversations, talk: str, error_after: int
) -> None:
    """W1: the partial text is kept in the chat and marked; the next turn works."""
    crash = EngineCrashed("The worker process died.")
    engine = FakeEngine(error=crash, error_after=error_after)
    heard = await hear(ChatSession(engine, conversations).send(talk, "go"))
    assert heard.end.error is crash
    answer = conversations.branch(talk)[-1]
    assert answer == heard.end.message
    assert (answer.status, answer.error) == (MessageStatus.FAILED, crash.message)
    assert answer.content == "".join(PIECES[:error_after])
    assert len(conversations.traces(answer.id)) == error_after
    again = await hear(ChatSession(FakeEngine(), conversations).regenerate(answer.id))
    assert again.end.message.status is MessageStatus.COMPLETE


async def test_an_unknown_model_or_a_full_context_fails_the_answer_only(
    conversations: Conversations, talk: str
) -> None:
    conversations.configure(talk, replace(SETTINGS, model="nowhere"))
    session = ChatSession(FakeEngine(context=3), conversations)
    heard = await hear(session.send(talk, "one"))
    assert isinstance(heard.end.error, ModelNotFound)
    conversations.configure(talk, SETTINGS)
    heard = await hear(session.send(talk, "many words that do not fit"))
    assert isinstance(heard.end.error, ContextExceeded)
    assert len(conversations.branch(talk)) == 4


async def test_what_cannot_begin_raises_and_stores_nothing(
    conversations: Conversations, talk: str
) -> None:
    session = ChatSession(FakeEngine(), conversations)
    for turn, error in (
        (session.send(talk, "  "), InvalidRequest),
        (session.send("0" * 32, "hello"), NotFound),
        (session.regenerate(99), NotFound),
        (session.edit(99, "x"), NotFound),
        (session.fork(99, 0, TokenChoice(id=1, text="x", logprob=-1.0)), NotFound),
    ):
        with pytest.raises(error):
            await hear(turn)
    assert conversations.archive(talk).messages == ()


async def test_two_tabs_edit_at_once_and_both_are_kept(
    conversations: Conversations, talk: str
) -> None:
    engine = FakeEngine(delay_s=0.001)
    session = ChatSession(engine, conversations)
    first = await hear(session.send(talk, "one"))
    question_id = first.events[0].question.id
    texts = [f"edit {number}" for number in range(6)]
    heard = await asyncio.gather(*(hear(session.edit(question_id, text)) for text in texts))
    assert {turn.end.message.content for turn in heard} == {ANSWER}
    archive = conversations.archive(talk)
    roots = [message.content for message in archive.messages if message.parent is None]
    assert sorted(roots) == ["edit 0", "edit 1", "edit 2", "edit 3", "edit 4", "edit 5", "one"]


async def test_a_tab_that_has_fallen_behind_branches_off_where_it_stands(
    conversations: Conversations, talk: str
) -> None:
    session = ChatSession(FakeEngine(), conversations)
    first = await hear(session.send(talk, "one"))
    await hear(session.send(talk, "two, from the other tab"))
    late = await hear(session.send(talk, "two, from here", parent_id=first.answer.id))
    assert late.events[0].question.parent_id == first.answer.id
    assert len(late.events[0].question.siblings) == 2


async def test_a_second_question_waits_for_the_first_answer(
    conversations: Conversations, talk: str
) -> None:
    engine = FakeEngine(pieces=["word "] * 1000, delay_s=0.002)
    session = ChatSession(engine, conversations)
    listener = Listener(session.send(talk, "go"))
    await listener.until_deltas(1)
    with pytest.raises(InvalidRequest, match="still being written"):
        await hear(session.send(talk, "impatient"))
    await listener.stop()


async def test_the_exact_prompt_is_that_of_the_answer_and_not_of_today(
    conversations: Conversations,
) -> None:
    talk = conversations.create(replace(SETTINGS, system_prompt="Then.")).id
    session = ChatSession(FakeEngine(), conversations)
    heard = await hear(session.send(talk, "one"))
    conversations.configure(talk, replace(SETTINGS, system_prompt="Now."))
    await hear(session.send(talk, "two"))
    prompt = await session.exact_prompt(heard.answer.id)
    assert prompt.text == "<system>Then.\n<user>one\n<assistant>"
    with pytest.raises(InvalidRequest, match="Only an answer"):
        await session.exact_prompt(heard.events[0].question.id)
