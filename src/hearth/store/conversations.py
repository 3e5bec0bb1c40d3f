"""Conversations on disk: the list, the tree of messages, answers saved while they stream.

Everything here is synchronous and safe to call from several threads at once; asynchronous code
calls it through `asyncio.to_thread`. It knows nothing of the engine.
"""

from __future__ import annotations

from datetime import timedelta

from hearth.core import Finished, TokenTrace
from hearth.store.database import Database
from hearth.store.records import (
    AnswerDraft,
    Archive,
    ChatSettings,
    Conversation,
    MessageStatus,
    Page,
    StoredMessage,
    Turn,
)

TRASH_KEPT = timedelta(days=7)
MAX_TITLE_CHARS = 200
MAX_QUERY_CHARS = 200


class Conversations:
    """All conversations of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Use an open database; see `hearth.store.database.open_database`."""
        self._database = database

    # --- conversations ------------------------------------------------------------------------

    def create(self, settings: ChatSettings, title: str = "") -> Conversation:
        """Add an empty conversation; without a title its first message will give one."""
        raise NotImplementedError

    def get(self, conversation_id: str) -> Conversation:
        """Return a conversation, also one that lies in the trash; NotFound if there is none."""
        raise NotImplementedError

    def find(
        self,
        query: str = "",
        *,
        trashed: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """List conversations, newest first, whose title or messages contain `query`."""
        raise NotImplementedError

    def rename(self, conversation_id: str, title: str) -> Conversation:
        """Give a conversation another title (1 to 200 characters)."""
        raise NotImplementedError

    def configure(self, conversation_id: str, settings: ChatSettings) -> Conversation:
        """Change how the coming answers are made; those that exist keep what made them."""
        raise NotImplementedError

    def delete(self, conversation_id: str) -> None:
        """Move a conversation to the trash, from where `restore` gets it back for 7 days."""
        raise NotImplementedError

    def restore(self, conversation_id: str) -> Conversation:
        """Take a conversation out of the trash."""
        raise NotImplementedError

    def purge(self, conversation_id: str) -> None:
        """Delete a conversation for ever."""
        raise NotImplementedError

    def purge_expired(self) -> int:
        """Delete for ever what has been in the trash for 7 days; return how many."""
        raise NotImplementedError

    # --- the tree -----------------------------------------------------------------------------

    def branch(self, conversation_id: str, leaf_id: int | None = None) -> tuple[StoredMessage, ...]:
        """Return the path from the root to a leaf (default: the active one), siblings included."""
        raise NotImplementedError

    def message(self, message_id: int) -> StoredMessage:
        """Return one message; NotFound if there is none."""
        raise NotImplementedError

    def traces(self, message_id: int) -> tuple[TokenTrace, ...]:
        """Return the generated tokens of an answer with what else the model considered."""
        raise NotImplementedError

    def select(self, message_id: int) -> Conversation:
        """Show the branch through a message: its newest descendant becomes the active leaf."""
        raise NotImplementedError

    # --- turns --------------------------------------------------------------------------------

    def add_turn(
        self, conversation_id: str, text: str, settings: ChatSettings, *, parent_id: int | None
    ) -> Turn:
        """Store a question after `parent_id` (None: as a first message) and open its answer."""
        raise NotImplementedError

    def add_answer(
        self,
        question_id: int,
        settings: ChatSettings,
        *,
        content: str = "",
        traces: tuple[TokenTrace, ...] = (),
    ) -> StoredMessage:
        """Open another answer to a question; `content` is what a fork keeps of an older one."""
        raise NotImplementedError

    def save_answer(self, message_id: int, draft: AnswerDraft) -> None:
        """Save a streaming answer as far as it has come."""
        raise NotImplementedError

    def end_answer(
        self,
        message_id: int,
        draft: AnswerDraft,
        status: MessageStatus,
        *,
        finished: Finished | None = None,
        error: str | None = None,
    ) -> StoredMessage:
        """Save an answer for the last time: complete, stopped or failed."""
        raise NotImplementedError

    # --- whole conversations ------------------------------------------------------------------

    def archive(self, conversation_id: str, *, with_traces: bool = True) -> Archive:
        """Return a whole conversation, all branches, as a value free of database ids."""
        raise NotImplementedError

    def unarchive(self, archive: Archive) -> Conversation:
        """Add a conversation from an archive; it gets an id of its own."""
        raise NotImplementedError
