"""Rows of the tables as records, and records as columns; values inside a column are JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, select

from hearth.core import Finished, Role, Started
from hearth.errors import NotFound
from hearth.store.records import ChatSettings, Conversation, MessageStatus, StoredMessage
from hearth.store.tables import conversations, messages

T = TypeVar("T")

MAX_ID = 2**31 - 1


def to_json(value: object | None) -> str | None:
    """Return a value of core or records as JSON text; None stays None."""
    return None if value is None else msgspec.json.encode(value).decode()


def from_json(text: str | None, type_: type[T]) -> T | None:
    """Return the value that `to_json` wrote."""
    return None if text is None else msgspec.json.decode(text, type=type_)


def to_conversation(row: Row[Any]) -> Conversation:
    """Build a conversation from a whole row of its table."""
    return Conversation(
        id=row.id,
        title=row.title,
        settings=msgspec.json.decode(row.settings, type=ChatSettings),
        created_at=row.created_at,
        updated_at=row.updated_at,
        active_leaf=row.active_leaf,
        deleted_at=row.deleted_at,
    )


def to_message(row: Row[Any], siblings: Sequence[int]) -> StoredMessage:
    """Build a message from a whole row of its table."""
    return StoredMessage(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=Role(row.role),
        content=row.content,
        status=MessageStatus(row.status),
        created_at=row.created_at,
        settings=from_json(row.settings, ChatSettings),
        started=from_json(row.started, Started),
        finished=from_json(row.finished, Finished),
        num_tokens=row.num_tokens,
        error=row.error,
        siblings=tuple(siblings),
    )


def is_child_of(parent_id: int | None) -> ColumnElement[bool]:
    """Return the condition that picks a message's children; None picks first messages."""
    # `= NULL` is never true in SQL.
    return (
        messages.c.parent_id.is_(None) if parent_id is None else messages.c.parent_id == parent_id
    )


def get_conversation(connection: Connection, conversation_id: str) -> Conversation:
    """Load a conversation; NotFound if there is none."""
    query = select(conversations).where(conversations.c.id == conversation_id)
    row = connection.execute(query).one_or_none() if conversation_id.isascii() else None
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id!r}.", param="conversation_id")
    return to_conversation(row)


def get_message(connection: Connection, message_id: int) -> StoredMessage:
    """Load a message and the ids of its siblings; NotFound if there is none."""
    query = select(messages).where(messages.c.id == message_id)
    row = connection.execute(query).one_or_none() if 0 < message_id <= MAX_ID else None
    if row is None:
        raise NotFound(f"There is no message {message_id}.", param="message_id")
    siblings = (
        select(messages.c.id)
        .where(messages.c.conversation_id == row.conversation_id, is_child_of(row.parent_id))
        .order_by(messages.c.id)
    )
    return to_message(row, connection.execute(siblings).scalars().all())
