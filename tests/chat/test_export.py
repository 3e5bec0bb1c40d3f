"""Export and import: nothing is lost, and nothing that is not a conversation gets in."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.chat.export import from_json, to_json, to_markdown
from hearth.config import load_config
from hearth.core import (
    ContextPolicy,
    Finished,
    FinishReason,
    Receipt,
    Role,
    SamplingParams,
    Started,
    Timings,
    TokenChoice,
    TokenTrace,
    Usage,
)
from hearth.errors import InvalidRequest
from hearth.store.conversations import Conversations
from hearth.store.database import open_database
from hearth.store.records import (
    AnswerDraft,
    Archive,
    ArchivedMessage,
    ChatSettings,
    MessageStatus,
)
from support.talk import SETTINGS, answer, ask, draft

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
COUNT = st.integers(0, 2**31 - 1)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
MOMENT = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))
SAMPLING = st.builds(
    SamplingParams,
    temperature=st.floats(0, 5),
    top_k=st.integers(0, 1000),
    seed=st.none() | st.integers(0, 2**32 - 2),
    logit_bias=st.dictionaries(COUNT, st.floats(-100, 100), max_size=2),
)
SETTINGS_ANY = st.builds(
    ChatSettings,
    model=TEXT,
    system_prompt=TEXT,
    sampling=SAMPLING,
    max_tokens=st.none() | st.integers(1, 100),
    context_policy=st.sampled_from(ContextPolicy),
)
CHOICE = st.builds(TokenChoice, id=COUNT, text=TEXT, logprob=NUMBER)
TRACE = st.builds(
    TokenTrace,
    id=COUNT,
    text=TEXT,
    raw=st.binary(max_size=4),
    logprob=NUMBER,
    alternatives=st.lists(CHOICE, max_size=2).map(tuple),
)
RECEIPT = st.builds(
    Receipt,
    policy=st.sampled_from(ContextPolicy),
    context_tokens=COUNT,
    prompt_tokens_before=COUNT,
    prompt_tokens_after=COUNT,
    dropped_messages=st.lists(COUNT, max_size=3).map(tuple),
)
STARTED = st.builds(Started, prompt_tokens=COUNT, context_tokens=COUNT, receipt=st.none() | RECEIPT)
FINISHED = st.builds(
    Finished,
    reason=st.sampled_from(FinishReason),
    usage=st.builds(Usage, prompt_tokens=COUNT, completion_tokens=COUNT, cached_tokens=COUNT),
    timings=st.builds(Timings, queue_s=NUMBER, prompt_s=NUMBER, decode_s=NUMBER),
    stop_text=st.none() | TEXT,
)


@st.composite
def archives(draw: st.DrawFn) -> Archive:
    """Any tree that the store could hold."""
    messages: list[ArchivedMessage] = []
    for _ in range(draw(st.integers(0, 6))):
        questions = [i for i, message in enumerate(messages) if message.role is Role.USER]
        replies = [i for i, message in enumerate(messages) if message.role is Role.ASSISTANT]
        if questions and draw(st.booleans()):
            messages.append(_reply(draw, draw(st.sampled_from(questions))))
        else:
            parent = draw(st.none() | st.sampled_from(replies)) if replies else None
            messages.append(
                ArchivedMessage(
                    parent=parent,
                    role=Role.USER,
                    content=draw(TEXT),
                    status=MessageStatus.COMPLETE,
                    created_at=draw(MOMENT),
                )
            )
    parents = {message.parent for message in messages}
    leaves = [index for index in range(len(messages)) if index not in parents]
    return Archive(
        title=draw(TEXT.map(lambda title: " ".join(title.split()))),
        settings=draw(SETTINGS_ANY),
        created_at=draw(MOMENT),
        updated_at=draw(MOMENT),
        active=draw(st.sampled_from(leaves)) if leaves else None,
        messages=tuple(messages),
    )


def _reply(draw: st.DrawFn, question: int) -> ArchivedMessage:
    ended = [status for status in MessageStatus if status is not MessageStatus.STREAMING]
    return ArchivedMessage(
        parent=question,
        role=Role.ASSISTANT,
        content=draw(TEXT),
        status=draw(st.sampled_from(ended)),
        created_at=draw(MOMENT),
        settings=draw(SETTINGS_ANY),
        started=draw(st.none() | STARTED),
        finished=draw(st.none() | FINISHED),
        num_tokens=draw(COUNT),
        error=draw(st.none() | TEXT),
        traces=draw(st.lists(TRACE, max_size=2).map(tuple)),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(archive=archives())
def test_export_and_import_are_the_identity(conversations: Conversations, archive: Archive) -> None:
    made = conversations.unarchive(archive)
    assert conversations.archive(made.id) == archive
    exported = to_json(conversations, made.id)
    copy = from_json(conversations, exported)
    assert copy.id != made.id
    assert conversations.archive(copy.id) == archive
    assert to_json(conversations, copy.id) == exported
    to_markdown(conversations, copy.id)


def test_a_file_can_be_imported_on_another_machine(conversations: Conversations) -> None:
    talk = conversations.create(SETTINGS).id
    answer(conversations, ask(conversations, talk, "hello"))
    exported = to_json(conversations, talk)
    with tempfile.TemporaryDirectory() as home:
        database = open_database(load_config(home=home))
        elsewhere = Conversations(database)
        copy = from_json(elsewhere, exported)
        assert to_json(elsewhere, copy.id) == exported
        database.close()


def test_without_traces_the_rest_is_whole(conversations: Conversations) -> None:
    talk = conversations.create(SETTINGS).id
    turn = ask(conversations, talk, "hello")
    conversations.end_answer(turn.answer.id, draft("Yes.", 0, 2), MessageStatus.COMPLETE)
    small = to_json(conversations, talk, with_traces=False)
    assert len(small) < len(to_json(conversations, talk))
    copy = from_json(conversations, small)
    assert conversations.branch(copy.id)[1].num_tokens == 2
    assert conversations.traces(conversations.branch(copy.id)[1].id) == ()


def test_an_answer_exported_while_it_is_written_is_interrupted(
    conversations: Conversations,
) -> None:
    talk = conversations.create(SETTINGS).id
    turn = ask(conversations, talk, "hello")
    conversations.save_answer(turn.answer.id, draft("half"))
    copy = from_json(conversations, to_json(conversations, talk))
    assert conversations.branch(copy.id)[1].status is MessageStatus.INTERRUPTED


def exported(conversations: Conversations) -> dict[str, Any]:
    """A valid file as plain data, to be spoiled."""
    talk = conversations.create(SETTINGS).id
    turn = ask(conversations, talk, "hello")
    conversations.end_answer(turn.answer.id, draft("Yes.", 0, 1), MessageStatus.COMPLETE)
    data: dict[str, Any] = json.loads(to_json(conversations, talk))
    return data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# A Markdown file",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"format": "something else", "version": 1}',
        b'{"format": "hearth-conversation", "version": 2}',
        b'{"format": "hearth-conversation", "version": 1}',
        b'{"format": "hearth-conversation", "version": "1"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_another_file_is_refused(conversations: Conversations, data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        from_json(conversations, data)
    assert conversations.find().items == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", 5),
        ("title", "x" * 201),
        ("title", "\ud800"),
        ("unknown", 1),
        ("active", None),
        ("active", 0),
        ("active", 2),
        ("active", -1),
        ("created_at", "yesterday"),
        ("created_at", "2026-01-01T00:00:00"),
        ("settings.sampling.temperature", 99),
        ("settings.sampling.temperature", "hot"),
        ("settings.system_prompt", "\0"),
        ("messages.0.parent", 0),
        ("messages.0.parent", -1),
        ("messages.0.role", "assistant"),
        ("messages.0.role", "system"),
        ("messages.1.parent", 1),
        ("messages.1.parent", 2),
        ("messages.1.parent", None),
        ("messages.1.role", "user"),
        ("messages.1.status", "streaming"),
        ("messages.1.content", None),
        ("messages.1.content", "\0"),
        ("messages.1.num_tokens", -1),
        ("messages.1.num_tokens", 10**30),
        ("messages.1.created_at", "2026-01-01T00:00:00"),
        ("messages.1.traces.0.id", 2**40),
        ("messages.1.traces.0.raw", "not base64!"),
        ("messages.1.traces.0.logprob", None),
    ],
)
def test_a_spoiled_file_is_refused_and_adds_nothing(
    conversations: Conversations, path: str, value: object
) -> None:
    data = exported(conversations)
    *steps, last = path.split(".")
    place: Any = data["conversation"]
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    if path == "unknown":
        data["unknown"] = value
    with pytest.raises(InvalidRequest):
        from_json(conversations, json.dumps(data).encode())
    assert len(conversations.find().items) == 1


def test_markdown_reads_like_a_conversation(conversations: Conversations) -> None:
    made = conversations.create(
        ChatSettings(model="starter", system_prompt="Be brief."), title="A title"
    )
    turn = ask(conversations, made.id, "Why?")
    receipt = Receipt(
        policy=ContextPolicy.DROP_OLDEST,
        context_tokens=2048,
        prompt_tokens_before=3000,
        prompt_tokens_after=1500,
    )
    started = Started(prompt_tokens=1500, context_tokens=2048, receipt=receipt)
    conversations.end_answer(
        turn.answer.id,
        AnswerDraft(content="Because", num_tokens=1, started=started),
        MessageStatus.STOPPED,
    )
    date = made.created_at.strftime("%Y-%m-%d %H:%M UTC")
    assert to_markdown(conversations, made.id) == (
        f"# A title\n\n{date} · starter\n\n## System prompt\n\nBe brief.\n\n## You\n\nWhy?\n\n"
        "## fake\n\n*The conversation was longer than the context: 3,000 tokens were cut to 1,500 "
        "(drop_oldest).*\n\nBecause\n\n*The answer is not whole: stopped.*\n"
    )
