"""What contestants are asked: prompts of a built-in set, or of the person's own conversations."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Sequence
from importlib import resources

import numpy as np

from hearth.core import Message, Role
from hearth.errors import InvalidRequest
from hearth.store.conversations import Conversations
from hearth.store.records import StoredMessage
from hearth.store.voted import Prompt, PromptSource

MAX_CONVERSATIONS = 200  # the newest; more would take long to read
MAX_CHARS = 6000  # of a conversation up to its question: small contexts are to hold it

ReadPrompts = Callable[[], Sequence[Prompt]]


class Prompts:
    """Prompts to draw from.

    Args:
        *sources: Each reads the prompts that there are.
    """

    def __init__(self, *sources: ReadPrompts) -> None:
        self._sources = sources

    def draw(self, random: np.random.Generator, used: Collection[str]) -> Prompt:
        """Return a prompt, each source being as likely as another.

        Args:
            random: Draws.
            used: Texts that were asked already; they come again only when all have been.

        Raises:
            InvalidRequest: There is no prompt at all.
        """
        sets = [prompts for read in self._sources if (prompts := read())]
        if not sets:
            raise InvalidRequest(
                "There is no prompt to draw: your conversations have no question yet.",
                hint="Type a prompt, or draw from the built-in set as well.",
                param="prompt",
            )
        fresh = [[each for each in prompts if each.text not in used] for prompts in sets]
        left = [prompts for prompts in fresh if prompts] or sets
        drawn = left[int(random.integers(len(left)))]
        return drawn[int(random.integers(len(drawn)))]


def typed(text: str) -> Prompt:
    """Return a prompt that a person typed.

    Raises:
        InvalidRequest: There is nothing in it.
    """
    if not text.strip():
        raise InvalidRequest("The prompt is empty.", hint="Type what to ask.", param="prompt")
    return Prompt(messages=(Message(role=Role.USER, content=text),), source=PromptSource.TYPED)


def built_in() -> tuple[Prompt, ...]:
    """Return the prompts that come with Hearth."""
    text = resources.files(__package__).joinpath("prompts.toml").read_text(encoding="utf-8")
    return tuple(
        Prompt(messages=(Message(role=Role.USER, content=line),), source=PromptSource.BUILT_IN)
        for lines in tomllib.loads(text).values()
        for line in lines
    )


def own_conversations(conversations: Conversations) -> ReadPrompts:
    """Return what reads the questions of a person's conversations, with what came before them."""

    def read() -> list[Prompt]:
        newest = conversations.find(limit=MAX_CONVERSATIONS).items
        return [
            prompt
            for conversation in newest
            for prompt in _questions(conversations.branch(conversation.id))
        ]

    return read


def _questions(branch: Sequence[StoredMessage]) -> list[Prompt]:
    found = []
    messages: tuple[Message, ...] = ()
    for turn in branch:
        messages = (*messages, Message(role=turn.role, content=turn.content))
        if sum(len(message.content) for message in messages) > MAX_CHARS:
            break
        if turn.role is Role.USER and turn.content.strip():
            found.append(Prompt(messages=messages, source=PromptSource.CONVERSATION))
    return found
