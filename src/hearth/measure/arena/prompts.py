"""What contestants are asked: prompts of a built-in set, or of the person's own conversations."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib import resources
from typing import TypeVar

import numpy as np

from hearth.core import Message, Role
from hearth.errors import InvalidRequest
from hearth.store.conversations import Conversations
from hearth.store.records import StoredMessage
from hearth.store.voted import Prompt, PromptSource

MAX_CONVERSATIONS = 200  # the newest: a page of the list
MAX_CHARS = 6000  # of a conversation up to its question: small contexts are to hold it

ReadPrompts = Callable[[np.random.Generator], Iterator[Prompt]]
"""Yields the prompts of a source in an order that is drawn."""

T = TypeVar("T")


class Prompts:
    """Prompts to draw from.

    Args:
        *sources: Each yields the prompts that there are.
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
        spare = None
        for read in _shuffled(self._sources, random):
            for prompt in read(random):
                if prompt.text not in used:
                    return prompt
                spare = spare or prompt
        if spare is None:
            raise InvalidRequest(
                "There is no prompt to draw: your conversations have no question yet.",
                hint="Type a prompt, or draw from the built-in set as well.",
                param="prompt",
            )
        return spare


def typed(text: str) -> Prompt:
    """Return a prompt that a person typed.

    Raises:
        InvalidRequest: There is nothing in it.
    """
    if not text.strip():
        raise InvalidRequest("The prompt is empty.", hint="Type what to ask.", param="prompt")
    return Prompt(messages=(Message(role=Role.USER, content=text),), source=PromptSource.TYPED)


def built_in(random: np.random.Generator) -> Iterator[Prompt]:
    """Yield the prompts that come with Hearth."""
    text = resources.files(__package__).joinpath("prompts.toml").read_text(encoding="utf-8")
    lines = [line for group in tomllib.loads(text).values() for line in group]
    for line in _shuffled(lines, random):
        message = Message(role=Role.USER, content=line)
        yield Prompt(messages=(message,), source=PromptSource.BUILT_IN)


def own_conversations(conversations: Conversations) -> ReadPrompts:
    """Return what yields the questions of a person's conversations, with what came before them."""

    def read(random: np.random.Generator) -> Iterator[Prompt]:
        newest = conversations.find(limit=MAX_CONVERSATIONS).items
        for conversation in _shuffled(newest, random):
            yield from _shuffled(_questions(conversations.branch(conversation.id)), random)

    return read


def _shuffled(items: Sequence[T], random: np.random.Generator) -> Iterator[T]:
    return (items[index] for index in random.permutation(len(items)))


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
