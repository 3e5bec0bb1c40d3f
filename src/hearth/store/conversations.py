"""Conversations on disk: the list, the tree of messages, answers saved while they stream.

Everything here is synchronous and safe to call from several threads at once; asynchronous code
calls it through `asyncio.to_thread`. Each method is one transaction. It knows nothing of the
engine.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from hearth.core import Finished, Role, TokenTrace
from hearth.errors import InvalidRequest
from hearth.store import answers, archives, tree
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
from hearth.store.rows import get_conversation, get_message, to_json
from hearth.store.search import find_conversations
from hearth.store.tables import conversations
from hearth.store.texts import check_question, check_text, check_title, title_from

TRASH_KEPT = timedelta(days=7)


class Conversations:
    """All conversations of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Use an open database, and settle what the last program that used it left behind.

        Answers that a dead process was writing are marked as interrupted, and what has been in the
        trash for 7 days is deleted.
        """
        self._database = database
        self.recover()
        self.purge_expired()

    # --- conversations ------------------------------------------------------------------------

    def create(self, settings: ChatSettings, title: str = "") -> Conversation:
        """Add an empty conversation; without a title its first message will give one."""
        check_text(settings.system_prompt, "system_prompt")
        now = datetime.now(UTC)
        conversation = Conversation(
            id=uuid.uuid4().hex,
            title=check_title(title) if title else "",
            settings=settings,
            created_at=now,
            updated_at=now,
        )
        with self._database.write("start the conversation") as connection:
            connection.execute(
                insert(conversations).values(
                    id=conversation.id,
                    title=conversation.title,
                    settings=to_json(settings),
                    created_at=now,
                    updated_at=now,
                )
            )
        return conversation

    def get(self, conversation_id: str) -> Conversation:
        """Return a conversation, also one that lies in the trash; NotFound if there is none."""
        with self._database.read("read the conversation") as connection:
            return get_conversation(connection, conversation_id)

    def find(
        self,
        query: str = "",
        *,
        trashed: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """List conversations, newest first, whose title or messages contain `query`.

        Args:
            query: Part of a word or a few words as they stand in the text; case does not matter.
            trashed: List the trash and not what is in use.
            limit: Most conversations to return, 1 to 200.
            cursor: `next_cursor` of the page before, or None for the first page.
        """
        with self._database.read("list the conversations") as connection:
            return find_conversations(
                connection, query, trashed=trashed, limit=limit, cursor=cursor
            )

    def rename(self, conversation_id: str, title: str) -> Conversation:
        """Give a conversation another title (1 to 200 characters)."""
        return self._change("rename the conversation", conversation_id, title=check_title(title))

    def configure(self, conversation_id: str, settings: ChatSettings) -> Conversation:
        """Change how the coming answers are made; those that exist keep what made them."""
        check_text(settings.system_prompt, "system_prompt")
        return self._change("save the settings", conversation_id, settings=to_json(settings))

    def delete(self, conversation_id: str) -> None:
        """Move a conversation to the trash, from where `restore` gets it back for 7 days."""
        self._change("delete the conversation", conversation_id, deleted_at=datetime.now(UTC))
        self.purge_expired()

    def restore(self, conversation_id: str) -> Conversation:
        """Take a conversation out of the trash."""
        return self._change("restore the conversation", conversation_id, deleted_at=None)

    def purge(self, conversation_id: str) -> None:
        """Delete a conversation for ever, and give its space back to the disk."""
        with self._database.write("delete the conversation") as connection:
            get_conversation(connection, conversation_id)
            connection.execute(delete(conversations).where(conversations.c.id == conversation_id))
        self._database.give_back_space()

    def purge_expired(self) -> int:
        """Delete for ever what has been in the trash for 7 days; return how many."""
        expired = conversations.c.deleted_at < datetime.now(UTC) - TRASH_KEPT
        with self._database.write("empty the trash") as connection:
            return connection.execute(delete(conversations).where(expired)).rowcount

    def recover(self) -> int:
        """Mark answers whose writer died as interrupted; return how many there were."""
        with self._database.write("mark interrupted answers") as connection:
            return answers.mark_interrupted(connection)

    # --- the tree -----------------------------------------------------------------------------

    def branch(self, conversation_id: str, leaf_id: int | None = None) -> tuple[StoredMessage, ...]:
        """Return the messages from the root to `leaf_id`, or to the active leaf (None)."""
        with self._database.read("read the conversation") as connection:
            conversation = get_conversation(connection, conversation_id)
            return tree.load_branch(connection, conversation, leaf_id)

    def message(self, message_id: int) -> StoredMessage:
        """Return one message; NotFound if there is none."""
        with self._database.read("read the message") as connection:
            return get_message(connection, message_id)

    def traces(self, message_id: int) -> tuple[TokenTrace, ...]:
        """Return the generated tokens of an answer with what else the model considered."""
        with self._database.read("read the message") as connection:
            get_message(connection, message_id)
            return answers.load_traces(connection, message_id)

    def select(self, message_id: int) -> Conversation:
        """Show the branch through a message: its newest descendant becomes the active leaf."""
        with self._database.write("change the branch") as connection:
            message = get_message(connection, message_id)
            leaf = tree.Shape(connection, message.conversation_id).newest_leaf(message_id)
            return _update(connection, message.conversation_id, active_leaf=leaf)

    # --- turns --------------------------------------------------------------------------------

    def add_turn(
        self, conversation_id: str, text: str, settings: ChatSettings, *, parent_id: int | None
    ) -> Turn:
        """Store a question after `parent_id` (None: as a first message) and open its answer.

        Both are on disk when this returns. The first question titles an untitled conversation.
        """
        check_question(text)
        with self._database.write("save your message") as connection:
            conversation = get_conversation(connection, conversation_id)
            tree.check_parent(connection, conversation, parent_id)
            question_id = answers.insert_message(
                connection,
                conversation_id=conversation_id,
                parent_id=parent_id,
                role=Role.USER,
                content=text,
            )
            answer_id = answers.open_answer(connection, conversation_id, question_id, settings)
            if not conversation.title:
                _update(connection, conversation_id, title=title_from(text))
            return Turn(
                question=get_message(connection, question_id),
                answer=get_message(connection, answer_id),
            )

    def add_answer(
        self,
        question_id: int,
        settings: ChatSettings,
        *,
        content: str = "",
        traces: tuple[TokenTrace, ...] = (),
    ) -> StoredMessage:
        """Open another answer to a question.

        Args:
            question_id: The person's message to answer.
            settings: How the answer will be made.
            content: What a fork keeps of an older answer; the answer starts with it.
            traces: The traces of what is kept.
        """
        with self._database.write("start the answer") as connection:
            question = get_message(connection, question_id)
            tree.check_in_use(get_conversation(connection, question.conversation_id))
            if question.role is not Role.USER:
                raise InvalidRequest("Only a person's message can be answered.", param="message_id")
            answer_id = answers.open_answer(
                connection, question.conversation_id, question_id, settings, content
            )
            answers.add_traces(connection, answer_id, 0, traces)
            return get_message(connection, answer_id)

    def save_answer(self, message_id: int, draft: AnswerDraft) -> None:
        """Save a streaming answer as far as it has come."""
        with self._database.write("save the answer") as connection:
            answers.save_draft(connection, message_id, draft)

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
        with self._database.write("save the answer") as connection:
            answers.save_draft(
                connection,
                message_id,
                draft,
                status=status,
                finished=to_json(finished),
                error=error,
                writer=None,
            )
            return get_message(connection, message_id)

    # --- whole conversations ------------------------------------------------------------------

    def archive(self, conversation_id: str, *, with_traces: bool = True) -> Archive:
        """Return a whole conversation, all branches, as a value free of database ids."""
        with self._database.read("read the conversation") as connection:
            conversation = get_conversation(connection, conversation_id)
            return archives.load_archive(connection, conversation, with_traces=with_traces)

    def unarchive(self, archive: Archive) -> Conversation:
        """Add a conversation from an archive; it gets an id of its own."""
        archives.check_archive(archive)
        conversation_id = uuid.uuid4().hex
        with self._database.write("import the conversation") as connection:
            archives.insert_archive(connection, conversation_id, archive)
            return get_conversation(connection, conversation_id)

    # --- helpers ------------------------------------------------------------------------------

    def _change(self, doing: str, conversation_id: str, **values: Any) -> Conversation:
        with self._database.write(doing) as connection:
            return _update(connection, conversation_id, **values)


def _update(connection: Connection, conversation_id: str, **values: Any) -> Conversation:
    get_conversation(connection, conversation_id)
    statement = update(conversations).where(conversations.c.id == conversation_id)
    connection.execute(statement.values(**values))
    return get_conversation(connection, conversation_id)
