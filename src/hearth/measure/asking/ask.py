"""A question, its reply, and the order in which questions are put."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hearth.core import Message
from hearth.errors import RequestAborted

Progress = Callable[[int, int, str], None]
"""Told the questions answered, the questions in all, and what goes on now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a model is asked, and how it may answer.

    Args:
        id: Names it among the questions of one evaluation.
        messages: The conversation up to the answer.
        max_tokens: Longest answer.
        seed: Fixes the random draws and, asked alone, the computation to the last bit.
        temperature: 0 takes the most likely token each time.
    """

    id: str
    messages: tuple[Message, ...]
    max_tokens: int
    seed: int = 0
    temperature: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model answered.

    Args:
        text: The answer without what ended it.
        prompt_tokens: Tokens that the model read.
        num_tokens: Tokens that it wrote.
        is_cut: True where `max_tokens` or the context ended the answer, and not the model.
    """

    text: str
    prompt_tokens: int = 0
    num_tokens: int = 0
    is_cut: bool = False


Ask = Callable[[Question], Awaitable[Reply]]


async def ask_all(
    ask: Ask,
    questions: Sequence[Question],
    *,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> list[Reply]:
    """Put questions one after another and return the replies in their order.

    One at a time, because what else is in a batch moves a model's scores in the last bits.

    Raises:
        RequestAborted: `cancelled` was set; the replies up to there are lost.
    """
    replies: list[Reply] = []
    for question in questions:
        if cancelled is not None and cancelled.is_set():
            raise RequestAborted(f"Stopped after {len(replies)} of {len(questions)} questions.")
        progress(len(replies), len(questions), f"Asking {question.id}")
        replies.append(await ask(question))
    progress(len(replies), len(questions), "Scoring")
    return replies
