"""A speaker that was made to know the answers, to try evaluators on.

It stands where a model stands: it is given rendered prompts as tokens, and tells how likely each
continuation is. Its tokens are the bytes of UTF-8.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from hearth.core import Message
from hearth.engine.scoring import Continued
from hearth.measure.choices.weighing import Ask, Prompt

SURE = 0.9  # probability of the planted answer; the others share the rest


class PlantedSpeaker:
    """Says what it was given to say.

    Args:
        replies: Questions, each with the answer that is said to it, in any case of letters; to all
            others every answer is equally likely.
    """

    def __init__(self, replies: Iterable[tuple[Ask, str]]) -> None:
        self._replies = {
            (ask.messages[-1].content, _all(sum(ask.answers, ()))): _plain(reply)
            for ask, reply in replies
        }

    def render(self, messages: Sequence[Message], continue_with: str = "") -> list[int]:
        """Return the last message as bytes: all that this speaker looks at."""
        return [*(messages[-1].content + continue_with).encode()]

    def tokenize(self, text: str) -> list[int]:
        """Return a text as bytes."""
        return [*text.encode()]

    def continuations(self, prompts: Sequence[Prompt]) -> list[list[Continued]]:
        """Return the probabilities of answers: high for what it was given to say."""
        return [self._judged(prompt, answers) for prompt, answers in prompts]

    def _judged(self, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[Continued]:
        texts = [bytes(answer).decode() for answer in answers]
        wanted = self._replies.get((bytes(prompt).decode(), _all(texts)))
        meant = [_plain(text) == wanted for text in texts]
        right = SURE / max(1, sum(meant))
        wrong = (1 - SURE) / (len(meant) - sum(meant) + 1)  # one more: anything else
        return [
            Continued(logprob=math.log(right if is_meant else wrong), is_greedy=is_meant)
            for is_meant in meant
        ]


def _all(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_plain, texts))


def _plain(text: str) -> str:
    return text.strip().casefold()
