"""Conversations for tests: a store in the test's home, and short ways to fill it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hearth.config import load_config
from hearth.core import TokenChoice, TokenTrace
from hearth.store.conversations import Conversations
from hearth.store.database import Database, open_database
from hearth.store.records import AnswerDraft, ChatSettings, MessageStatus, StoredMessage, Turn

SETTINGS = ChatSettings(model="fake")


@contextmanager
def opened() -> Iterator[Database]:
    """Open the database of the present home, and close it."""
    database = open_database(load_config())
    try:
        yield database
    finally:
        database.close()


def ask(
    conversations: Conversations, conversation_id: str, text: str, parent_id: int | None = None
) -> Turn:
    """Add a turn whose answer is still open."""
    return conversations.add_turn(conversation_id, text, SETTINGS, parent_id=parent_id)


def answer(conversations: Conversations, turn: Turn, text: str = "Yes.") -> StoredMessage:
    """Complete the answer of a turn."""
    return conversations.end_answer(turn.answer.id, draft(text), MessageStatus.COMPLETE)


def draft(text: str, first_trace: int = 0, num_traces: int = 0) -> AnswerDraft:
    """Make a draft with some traces."""
    new = tuple(trace(number) for number in range(first_trace, first_trace + num_traces))
    return AnswerDraft(
        content=text, num_tokens=first_trace + num_traces, first_trace=first_trace, traces=new
    )


def trace(number: int) -> TokenTrace:
    """Make a trace that can be told from others by its number."""
    text = f" w{number}"
    return TokenTrace(
        id=number,
        text=text,
        raw=text.encode(),
        logprob=-number / 7,
        alternatives=(TokenChoice(id=number + 1, text=" ä漢", logprob=-1.5),),
    )
