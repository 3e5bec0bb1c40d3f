"""A whole conversation as one value, and back: the ground of export and import."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, insert, select

from hearth.core import Role, TokenTrace, check_range
from hearth.errors import InvalidRequest
from hearth.store import answers
from hearth.store.packing import unpack_traces
from hearth.store.records import (
    Archive,
    ArchivedMessage,
    Conversation,
    MessageStatus,
    StoredMessage,
)
from hearth.store.rows import to_json, to_message
from hearth.store.tables import conversations, messages, traces
from hearth.store.texts import check_text, check_title

MAX_INT = 2**31 - 1


def load_archive(
    connection: Connection, conversation: Conversation, *, with_traces: bool
) -> Archive:
    """Load all messages of a conversation in the order of their making."""
    query = select(messages).where(messages.c.conversation_id == conversation.id)
    found = [to_message(row, ()) for row in connection.execute(query.order_by(messages.c.id))]
    index = {message.id: number for number, message in enumerate(found)}
    traces_of = _load_all_traces(connection, conversation.id) if with_traces else {}
    return Archive(
        title=conversation.title,
        settings=conversation.settings,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        active=None if conversation.active_leaf is None else index[conversation.active_leaf],
        messages=tuple(
            _to_archived(message, index, tuple(traces_of.get(message.id, ()))) for message in found
        ),
    )


def check_archive(archive: Archive) -> None:
    """Raise InvalidRequest unless the messages form a tree such as the store makes itself."""
    check_text(archive.settings.system_prompt, "system_prompt")
    if archive.title:
        check_title(archive.title)
    _check_moment("created_at", archive.created_at)
    _check_moment("updated_at", archive.updated_at)
    for index, message in enumerate(archive.messages):
        _check_values(message, index)
        _check_place(archive.messages, index)
    is_leaf = archive.active is None and not archive.messages
    if archive.active is not None and 0 <= archive.active < len(archive.messages):
        is_leaf = all(message.parent != archive.active for message in archive.messages)
    if not is_leaf:
        raise InvalidRequest(
            f"active is {archive.active}; it must be the index of a message that none follows.",
            param="active",
        )


def insert_archive(connection: Connection, conversation_id: str, archive: Archive) -> None:
    """Add a conversation and its messages; the archive has been checked."""
    row = {
        "id": conversation_id,
        "title": archive.title,
        "settings": to_json(archive.settings),
        "created_at": archive.created_at,
        "updated_at": archive.updated_at,
    }
    connection.execute(insert(conversations).values(row))
    ids: list[int] = []
    for message in archive.messages:
        parent_id = None if message.parent is None else ids[message.parent]
        ids.append(_insert_archived(connection, conversation_id, parent_id, message))
    if archive.active is not None:
        connection.execute(
            conversations.update()
            .where(conversations.c.id == conversation_id)
            .values(active_leaf=ids[archive.active])
        )


def _load_all_traces(
    connection: Connection, conversation_id: str
) -> defaultdict[int, list[TokenTrace]]:
    query = (
        select(traces.c.message_id, traces.c.data)
        .join(messages)
        .where(messages.c.conversation_id == conversation_id)
        .order_by(traces.c.message_id, traces.c.first_trace)
    )
    found: defaultdict[int, list[TokenTrace]] = defaultdict(list)
    for message_id, data in connection.execute(query):
        found[message_id] += unpack_traces(data)
    return found


def _to_archived(
    message: StoredMessage, index: dict[int, int], traces: tuple[TokenTrace, ...]
) -> ArchivedMessage:
    # A copy of an answer that is being written now will never be written on.
    streaming = message.status is MessageStatus.STREAMING
    return ArchivedMessage(
        parent=None if message.parent_id is None else index[message.parent_id],
        role=message.role,
        content=message.content,
        status=MessageStatus.INTERRUPTED if streaming else message.status,
        created_at=message.created_at,
        settings=message.settings,
        started=message.started,
        finished=message.finished,
        num_tokens=message.num_tokens,
        error=message.error,
        traces=traces,
    )


def _check_moment(name: str, moment: datetime) -> None:
    if moment.tzinfo is None:
        raise InvalidRequest(f"{name} is {moment}, which lacks its time zone.", param=name)


def _check_values(message: ArchivedMessage, index: int) -> None:
    check_text(message.content, f"messages[{index}].content")
    _check_moment(f"messages[{index}].created_at", message.created_at)
    check_range(f"messages[{index}].num_tokens", message.num_tokens, 0, MAX_INT)
    for trace in message.traces:
        for token_id in (trace.id, *(choice.id for choice in trace.alternatives)):
            check_range(f"messages[{index}].traces", token_id, 0, MAX_INT)


def _check_place(messages: tuple[ArchivedMessage, ...], index: int) -> None:
    message = messages[index]
    if message.status is MessageStatus.STREAMING:
        raise InvalidRequest(
            f"Message {index} has the status 'streaming', which no stored copy can have.",
            param=f"messages[{index}].status",
        )
    if message.parent is not None and not 0 <= message.parent < index:
        raise InvalidRequest(
            f"Message {index} has the parent {message.parent}; it must be an earlier message.",
            param=f"messages[{index}].parent",
        )
    before = None if message.parent is None else messages[message.parent].role
    follows = {Role.USER: (None, Role.ASSISTANT), Role.ASSISTANT: (Role.USER,)}
    if before not in follows.get(message.role, ()):
        raise InvalidRequest(
            f"Message {index} is of the role {message.role.value!r} and follows "
            f"{before.value if before else 'nothing'!r}; questions (user) and answers (assistant) "
            "must take turns, and a question comes first.",
            param=f"messages[{index}].role",
        )


def _insert_archived(
    connection: Connection, conversation_id: str, parent_id: int | None, message: ArchivedMessage
) -> int:
    message_id = answers.insert_message(
        connection,
        conversation_id=conversation_id,
        parent_id=parent_id,
        role=message.role,
        content=message.content,
        status=message.status,
        created_at=message.created_at,
        settings=to_json(message.settings),
        started=to_json(message.started),
        finished=to_json(message.finished),
        num_tokens=message.num_tokens,
        error=message.error,
    )
    answers.add_traces(connection, message_id, 0, message.traces)
    return message_id
