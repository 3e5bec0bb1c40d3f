"""Turns as rows: a question with its open answer, an answer that grows, an answer that ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hearth.core import Role, TokenTrace
from hearth.errors import NotFound
from hearth.store.packing import pack_traces, unpack_traces
from hearth.store.records import AnswerDraft, ChatSettings, MessageStatus
from hearth.store.rows import to_json
from hearth.store.tables import conversations, messages, traces
from hearth.store.writer import is_writing, this_writer


def insert_message(connection: Connection, **values: Any) -> int:
    """Add a row to the messages; what is not given is what a person's message has."""
    now = datetime.now(UTC)
    row = {
        "status": MessageStatus.COMPLETE,
        "content": "",
        "created_at": now,
        "saved_at": now,
        "num_tokens": 0,
    }
    key = connection.execute(insert(messages).values(row | values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def open_answer(
    connection: Connection,
    conversation_id: str,
    question_id: int,
    settings: ChatSettings,
    content: str = "",
) -> int:
    """Add an answer that this process is about to write, and show the branch that it ends."""
    answer_id = insert_message(
        connection,
        conversation_id=conversation_id,
        parent_id=question_id,
        role=Role.ASSISTANT,
        content=content,
        status=MessageStatus.STREAMING,
        writer=this_writer(),
        settings=to_json(settings),
    )
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(active_leaf=answer_id, updated_at=datetime.now(UTC))
    )
    return answer_id


def save_draft(connection: Connection, message_id: int, draft: AnswerDraft, **values: Any) -> None:
    """Write what an answer is so far; `values` are further columns."""
    changed = connection.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(
            content=draft.content,
            num_tokens=draft.num_tokens,
            started=to_json(draft.started),
            saved_at=datetime.now(UTC),
            **values,
        )
    )
    if changed.rowcount == 0:
        raise NotFound(
            "The conversation was deleted for ever while its answer was written.",
            param="message_id",
        )
    add_traces(connection, message_id, draft.first_trace, draft.traces)


def add_traces(
    connection: Connection, message_id: int, first_trace: int, new: Sequence[TokenTrace]
) -> None:
    """Append traces as one row; a row that is written a second time replaces the first."""
    if not new:
        return
    # A commit can fail after it has reached the disk, and is then tried again with more traces.
    connection.execute(
        delete(traces).where(traces.c.message_id == message_id, traces.c.first_trace >= first_trace)
    )
    row = {"message_id": message_id, "first_trace": first_trace, "data": pack_traces(new)}
    connection.execute(insert(traces).values(row))


def load_traces(connection: Connection, message_id: int) -> tuple[TokenTrace, ...]:
    """Return all traces of an answer."""
    query = (
        select(traces.c.data)
        .where(traces.c.message_id == message_id)
        .order_by(traces.c.first_trace)
    )
    return tuple(
        trace for data in connection.execute(query).scalars() for trace in unpack_traces(data)
    )


def mark_interrupted(connection: Connection) -> int:
    """Mark the open answers of processes that are no longer alive; return how many."""
    query = select(messages.c.id, messages.c.writer, messages.c.saved_at)
    now = datetime.now(UTC)
    dead = [
        row.id
        for row in connection.execute(query.where(messages.c.writer.is_not(None)))
        if not is_writing(row.writer, now - row.saved_at)
    ]
    for message_id in dead:
        connection.execute(
            update(messages)
            .where(messages.c.id == message_id)
            .values(status=MessageStatus.INTERRUPTED, writer=None)
        )
    return len(dead)
