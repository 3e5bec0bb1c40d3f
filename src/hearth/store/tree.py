"""The tree of messages: branches from the root to a leaf, and where new messages may grow."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, select

from hearth.core import Role
from hearth.errors import InvalidRequest, NotFound
from hearth.store.records import Conversation, MessageStatus, StoredMessage
from hearth.store.rows import get_message, to_message
from hearth.store.tables import messages


class Shape:
    """Who follows whom in a conversation, without the texts."""

    def __init__(self, connection: Connection, conversation_id: str) -> None:
        """Load the ids of all messages of a conversation."""
        query = (
            select(messages.c.id, messages.c.parent_id)
            .where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.id)
        )
        self.parents: dict[int, int | None] = {}
        self.children: defaultdict[int | None, list[int]] = defaultdict(list)
        for message_id, parent_id in connection.execute(query):
            self.parents[message_id] = parent_id
            self.children[parent_id].append(message_id)

    def path(self, leaf_id: int) -> list[int]:
        """Return the ids from the root to a message."""
        path: list[int] = []
        step: int | None = leaf_id
        while step is not None:
            path.append(step)
            step = self.parents[step]
        return path[::-1]

    def newest_leaf(self, message_id: int) -> int:
        """Follow the newest child of each message, down to a leaf."""
        while message_id in self.children:
            message_id = self.children[message_id][-1]
        return message_id


def load_branch(
    connection: Connection, conversation: Conversation, leaf_id: int | None
) -> tuple[StoredMessage, ...]:
    """Load the messages from the root to a leaf; None means the active leaf."""
    leaf_id = conversation.active_leaf if leaf_id is None else leaf_id
    if leaf_id is None:
        return ()
    shape = Shape(connection, conversation.id)
    if leaf_id not in shape.parents:
        raise NotFound(f"There is no message {leaf_id} in this conversation.", param="leaf_id")
    path = set(shape.path(leaf_id))
    # All texts between the ends are read and the few of other branches passed over: a condition
    # with thousands of ids would meet the database's limit on parameters.
    query = (
        select(messages)
        .where(messages.c.conversation_id == conversation.id, messages.c.id <= leaf_id)
        .order_by(messages.c.id)
    )
    return tuple(
        to_message(row, shape.children[row.parent_id])
        for row in connection.execute(query)
        if row.id in path
    )


def check_in_use(conversation: Conversation) -> None:
    """Raise InvalidRequest if a conversation lies in the trash."""
    if conversation.deleted_at is not None:
        raise InvalidRequest(
            "This conversation lies in the trash.", hint="Restore it first.", http_status=409
        )


def check_parent(connection: Connection, conversation: Conversation, parent_id: int | None) -> None:
    """Raise InvalidRequest unless a question may follow this message (None: be the first)."""
    check_in_use(conversation)
    if parent_id is None:
        return
    parent = get_message(connection, parent_id)
    if parent.conversation_id != conversation.id:
        raise NotFound(f"There is no message {parent_id} in this conversation.", param="parent_id")
    if parent.role is not Role.ASSISTANT:
        raise InvalidRequest(
            "A message can only follow an answer, and this one follows a question.",
            hint="Ask for an answer to the question first.",
            param="parent_id",
        )
    if parent.status is MessageStatus.STREAMING:
        raise InvalidRequest(
            "The answer before this message is still being written.",
            hint="Wait for its end, or stop it.",
            param="parent_id",
            http_status=409,
        )
