"""Turns of a conversation: ask, ask again, edit, fork; each answer is saved while it streams.

Every turn is an asynchronous generator of `hearth.chat.events`. To stop an answer, close its
generator (`await turn.aclose()`, or leave it through `contextlib.aclosing`): what has come so far
is kept. Reading the database never blocks the event loop.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from hearth.chat.events import ChatEvent
from hearth.core import RenderedPrompt, TokenChoice
from hearth.engine.client import Engine
from hearth.store.conversations import Conversations


class ChatSession:
    """Holds conversations with an engine and keeps them in the store.

    Args:
        top_logprobs: Alternatives to keep for each token (0 to 20), or None to keep no traces;
            without them an answer cannot be forked at a token.
        owner: Fairness key of the requests.
    """

    def __init__(
        self,
        engine: Engine,
        conversations: Conversations,
        *,
        top_logprobs: int | None = 5,
        owner: str = "",
    ) -> None:
        """Hold an engine and a store; the session owns neither."""
        self._engine = engine
        self._conversations = conversations
        self._top_logprobs = top_logprobs
        self._owner = owner

    def send(
        self, conversation_id: str, text: str, *, parent_id: int | None = None
    ) -> AsyncGenerator[ChatEvent, None]:
        """Store a message at the end of the shown branch and stream its answer.

        Args:
            parent_id: The message that the person saw last, where it may no longer be the active
                leaf (another tab went on); None means the active leaf.
        """
        raise NotImplementedError

    def regenerate(self, message_id: int) -> AsyncGenerator[ChatEvent, None]:
        """Stream another answer beside an answer, or to a question."""
        raise NotImplementedError

    def edit(self, message_id: int, new_text: str) -> AsyncGenerator[ChatEvent, None]:
        """Store another wording of a person's message as a new branch and stream its answer."""
        raise NotImplementedError

    def fork(
        self, message_id: int, token_index: int, choice: TokenChoice
    ) -> AsyncGenerator[ChatEvent, None]:
        """Stream another answer that keeps the tokens before `token_index` and then `choice`.

        Args:
            token_index: Index into `Conversations.traces(message_id)`.
        """
        raise NotImplementedError

    async def exact_prompt(self, message_id: int) -> RenderedPrompt:
        """Return the prompt that an answer was made from, exactly, with its token borders."""
        raise NotImplementedError

    async def save_pending(self) -> bool:
        """Try again to save answers whose end the disk did not take; True when none is left."""
        raise NotImplementedError
