"""Conversations as files: Markdown to read, JSON to keep and to import again."""

from __future__ import annotations

from hearth.store.conversations import Conversations
from hearth.store.records import Conversation


def to_markdown(conversations: Conversations, conversation_id: str) -> str:
    """Return the shown branch of a conversation as Markdown."""
    raise NotImplementedError


def to_json(
    conversations: Conversations, conversation_id: str, *, with_traces: bool = True
) -> bytes:
    """Return a whole conversation, every branch and figure, as JSON."""
    raise NotImplementedError


def from_json(conversations: Conversations, data: bytes) -> Conversation:
    """Add a conversation from `to_json`'s output; InvalidRequest says what is wrong with it."""
    raise NotImplementedError
