"""Weigh given answers to a question: how likely the model is to give each of them.

Nothing is generated: the question is rendered with the model's own chat template, and of each
answer the probability is read that the model's reply begins with it. An answer may have several
spellings, whose probabilities add up.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from hearth.core import Message, Role
from hearth.engine.scoring import Continued
from hearth.errors import RequestAborted
from hearth.measure.evidence import Progress

Prompt = tuple[Sequence[int], Sequence[Sequence[int]]]

AT_ONCE = 64  # prompts between two looks at whether to go on
ROUNDING = 1e-6  # by which a sum of logarithms may lie above log 1


class Speaker(Protocol):
    """What is asked: a scorer of the engine, or one that was planted to try an evaluator."""

    def render(self, messages: Sequence[Message], continue_with: str = "") -> list[int]:
        """Return the tokens of a conversation up to the answer."""

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a text."""

    def continuations(self, prompts: Sequence[Prompt]) -> list[list[Continued]]:
        """Return how likely each continuation of each prompt is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question, and the answers that are weighed.

    Args:
        messages: The conversation that ends with the question.
        answers: The spellings of each answer.
    """

    messages: tuple[Message, ...]
    answers: tuple[tuple[str, ...], ...]

    @staticmethod
    def of(question: str, answers: Sequence[Sequence[str]]) -> Ask:
        """Return an ask of one message."""
        return Ask(
            messages=(Message(role=Role.USER, content=question),),
            answers=tuple(tuple(spellings) for spellings in answers),
        )


def weigh(
    speaker: Speaker,
    asks: Sequence[Ask],
    *,
    progress: Progress,
    doing: str,
    cancelled: threading.Event | None = None,
) -> list[tuple[float, ...]]:
    """Return log p of each answer to each question, in nats.

    Args:
        speaker: What is asked.
        asks: The questions; those with a common beginning are cheaper side by side.
        progress: Told the questions that are done.
        doing: What to tell it.
        cancelled: Set to stop.

    Returns:
        One figure for each answer; NaN where the speaker gave none that is a log-probability.

    Raises:
        RequestAborted: `cancelled` was set.
        InvalidRequest: A question does not fit into the context.
    """
    spelled = _Spellings(speaker)
    found: list[tuple[float, ...]] = []
    for begin in range(0, len(asks), AT_ONCE):
        if cancelled is not None and cancelled.is_set():
            raise RequestAborted(f"Stopped after {begin} of {len(asks)} questions.")
        progress(begin, len(asks), doing)
        part = asks[begin : begin + AT_ONCE]
        spellings = [[spelled.tokens(answer) for answer in ask.answers] for ask in part]
        prompts = [
            (speaker.render(ask.messages), [tokens for answer in each for tokens in answer])
            for ask, each in zip(part, spellings, strict=True)
        ]
        replies = speaker.continuations(prompts)
        found += [
            _grouped(reply, [len(answer) for answer in each])
            for reply, each in zip(replies, spellings, strict=True)
        ]
    progress(len(asks), len(asks), doing)
    return found


def log_sum(logprobs: Sequence[float]) -> float:
    """Return the logarithm of the sum of probabilities, given their logarithms; NaN stays NaN."""
    highest = max(logprobs, default=-math.inf)
    if not math.isfinite(highest):
        return highest
    return highest + math.log(sum(math.exp(each - highest) for each in logprobs))


class _Spellings:
    """Tokens of answers, made once for each."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._known: dict[tuple[str, ...], list[tuple[int, ...]]] = {}

    def tokens(self, answer: tuple[str, ...]) -> list[tuple[int, ...]]:
        if answer not in self._known:
            every = {tuple(self._speaker.tokenize(spelling)) for spelling in answer}
            self._known[answer] = list(_none_within_another(sorted(every)))
        return self._known[answer]


def _none_within_another(every: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Yield the sequences that begin with no other, since probabilities are not to count twice."""
    for tokens in every:
        if not any(tokens[: len(other)] == other for other in every if other != tokens):
            yield tokens


def _grouped(reply: Sequence[Continued], counts: Sequence[int]) -> tuple[float, ...]:
    """Return log p of each answer from those of its spellings."""
    if len(reply) != sum(counts):
        return (math.nan,) * len(counts)
    logprobs = iter([each.logprob for each in reply])
    return tuple(_read([next(logprobs) for _ in range(count)]) for count in counts)


def _read(logprobs: Sequence[float]) -> float:
    if any(math.isnan(each) or each > ROUNDING for each in logprobs):
        return math.nan
    total = log_sum(logprobs)
    return total if math.isfinite(total) else math.nan
