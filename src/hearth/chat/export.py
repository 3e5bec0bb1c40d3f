"""Conversations as files: Markdown to read, JSON to keep and to import again.

The JSON holds everything (branches, settings, figures, traces) and no database ids, so that
exporting, importing and exporting again gives the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from hearth.core import Role
from hearth.errors import InvalidRequest
from hearth.store.conversations import Conversations
from hearth.store.records import Archive, Conversation, MessageStatus, StoredMessage

T = TypeVar("T")

FORMAT = "hearth-conversation"
VERSION = 1


class Document(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The JSON file. A change of what it holds raises `version`."""

    format: str
    version: int
    conversation: Archive


def to_json(
    conversations: Conversations, conversation_id: str, *, with_traces: bool = True
) -> bytes:
    """Return a whole conversation as indented JSON in UTF-8.

    Args:
        conversations: The store.
        conversation_id: Which one.
        with_traces: Also write each generated token with its alternatives; they are by far the
            largest part.
    """
    archive = conversations.archive(conversation_id, with_traces=with_traces)
    document = Document(format=FORMAT, version=VERSION, conversation=archive)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def from_json(conversations: Conversations, data: bytes) -> Conversation:
    """Add a conversation from a file that `to_json` made; it gets an id of its own.

    Raises:
        InvalidRequest: The file is something else, or is damaged; says where.
    """
    _check_version(data)
    document = _decode(data, Document)
    return conversations.unarchive(document.conversation)


def to_markdown(conversations: Conversations, conversation_id: str) -> str:
    """Return the shown branch of a conversation as Markdown."""
    conversation = conversations.get(conversation_id)
    parts = [
        f"# {conversation.title or 'Conversation'}",
        f"{_date(conversation.created_at)} · {conversation.settings.model}",
    ]
    if conversation.settings.system_prompt:
        parts += ["## System prompt", conversation.settings.system_prompt]
    for message in conversations.branch(conversation_id):
        parts += _message_parts(message)
    return "\n\n".join(parts) + "\n"


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0


def _check_version(data: bytes) -> None:
    head = _decode(data, _Head)
    if head.format != FORMAT:
        raise InvalidRequest(
            f"This is not a conversation that Hearth exported: its format is {head.format!r} and "
            f"not {FORMAT!r}.",
            param="format",
        )
    if head.version != VERSION:
        raise InvalidRequest(
            f"The file has version {head.version}; this Hearth reads version {VERSION}.",
            hint="Install the newest Hearth: pip install -U hearth-llm",
            param="version",
        )


def _decode(data: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(
            f"The file cannot be read as a conversation: {error}.",
            hint="Import a JSON file that Hearth exported; Markdown cannot be imported.",
        ) from error


def _message_parts(message: StoredMessage) -> Iterator[str]:
    if message.role is Role.USER:
        yield "## You"
    else:
        yield f"## {message.settings.model if message.settings else message.role.value}"
    if message.started and message.started.receipt:
        receipt = message.started.receipt
        yield (
            f"*The conversation was longer than the context: {receipt.prompt_tokens_before:,} "
            f"tokens were cut to {receipt.prompt_tokens_after:,} ({receipt.policy.value}).*"
        )
    yield message.content
    if message.status is MessageStatus.FAILED:
        yield f"*The answer failed: {message.error}*"
    elif message.status is not MessageStatus.COMPLETE:
        yield f"*The answer is not whole: {message.status.value}.*"


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
