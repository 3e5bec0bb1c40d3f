"""What the store keeps, as frozen values: conversations, their messages, and pages of a list.

A conversation is a tree of messages. Two messages with the same parent are two branches of it:
another wording of a question, or another answer to one. The branch that is shown is the path from
the root to the conversation's active leaf. Questions and answers alternate on every path, and each
question is stored together with its (still empty) answer, so every leaf is an answer.

The system prompt is a setting and not a message. Each answer keeps a copy of the settings that
produced it, so that what was run can still be told after the settings have changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hearth.core import ContextPolicy, Finished, Role, SamplingParams, Started, TokenTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """How the answers of a conversation are made.

    Args:
        model: A library name ("starter") or a path.
        system_prompt: Put before the first message; empty for none.
        max_tokens: Most tokens of one answer; None means up to the end of the context.
        context_policy: What to do when the conversation has grown over the context.
        cache: Whether what was computed of it is kept for its next answer.
    """

    model: str
    system_prompt: str = ""
    sampling: SamplingParams = field(default_factory=SamplingParams)
    max_tokens: int | None = None
    context_policy: ContextPolicy = ContextPolicy.REFUSE
    cache: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation without its messages.

    Args:
        id: 32 hexadecimal digits, safe in an address.
        title: Empty until the first message is sent, unless one was given.
        active_leaf: The last message of the branch that is shown; None while there is none.
        deleted_at: When it was moved to the trash; None if it was not.
    """

    id: str
    title: str
    settings: ChatSettings
    created_at: datetime
    updated_at: datetime
    active_leaf: int | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """One row of the list. `excerpt` is the text around a search's first match, else empty."""

    id: str
    title: str
    model: str
    updated_at: datetime
    deleted_at: datetime | None = None
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of the list, newest first; `next_cursor` gets the next part and is None at the end."""

    items: tuple[ConversationSummary, ...]
    next_cursor: str | None = None


class MessageStatus(StrEnum):
    """Where a message is in its life. A person's own messages are always complete."""

    COMPLETE = "complete"
    STREAMING = "streaming"  # being written now, by a process that is alive
    STOPPED = "stopped"  # the person stopped it; the text so far is kept
    FAILED = "failed"  # the engine failed; the text so far is kept, `error` says why
    INTERRUPTED = "interrupted"  # the program that wrote it died; the text so far is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message of a conversation, without the traces of its tokens (they are loaded on request).

    Args:
        parent_id: The message before it on its branch; None for a first message.
        settings: What an answer was made with; None for a person's message.
        started: Size of the prompt and the receipt of what was cut; None until known.
        finished: Usage, timings and why it ended; None unless the answer came to its own end.
        num_tokens: Generated tokens so far.
        error: Why a failed answer failed.
        siblings: All branches at this point in order of making, this message among them.
    """

    id: int
    conversation_id: str
    parent_id: int | None
    role: Role
    content: str
    status: MessageStatus
    created_at: datetime
    settings: ChatSettings | None = None
    started: Started | None = None
    finished: Finished | None = None
    num_tokens: int = 0
    error: str | None = None
    siblings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question that was just stored, and the place of its answer (status `streaming`)."""

    question: StoredMessage
    answer: StoredMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDraft:
    """The text of an answer so far, as it is saved while it streams.

    Args:
        content: The whole text so far.
        num_tokens: Generated tokens so far.
        first_trace: Index of the first of `traces` in the answer: earlier ones are saved already.
        traces: The traces that are new since the last save.
    """

    content: str
    num_tokens: int
    started: Started | None = None
    first_trace: int = 0
    traces: tuple[TokenTrace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedMessage:
    """A message in an archive: `parent` is the index of an earlier message, or None."""

    parent: int | None
    role: Role
    content: str
    status: MessageStatus
    created_at: datetime
    settings: ChatSettings | None = None
    started: Started | None = None
    finished: Finished | None = None
    num_tokens: int = 0
    error: str | None = None
    traces: tuple[TokenTrace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A whole conversation with all its branches, free of database ids.

    Args:
        active: Index of the active leaf in `messages`; None when there are no messages.
    """

    title: str
    settings: ChatSettings
    created_at: datetime
    updated_at: datetime
    active: int | None
    messages: tuple[ArchivedMessage, ...]
