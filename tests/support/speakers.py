"""Small models that answer from a book, and scorers that are broken in one way each."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hearth.core import Message
from hearth.engine.scoring import Continued
from hearth.measure.choices.weighing import Prompt, Speaker
from hearth.measure.truth import Item

TOLD = re.compile(
    r"^(?:Note \d+ says: |Task \d+: say this and nothing else\.\n\n|The right answer .* is: )(.*)$",
    re.MULTILINE,
)


class Pupil:
    """Says what it is told to say, else what stands in its book, else yes.

    Args:
        book: What it answers to a question, by a text that stands in it.
        sure: Probability that it gives to its answer.
        liking: Added to the log-probability of "yes", whatever is asked.
    """

    def __init__(self, book: Mapping[str, str], *, sure: float = 0.9, liking: float = 0.0) -> None:
        self.book = book
        self.sure = sure
        self.liking = liking
        self.num_asked = 0

    def render(self, messages: Sequence[Message], continue_with: str = "") -> list[int]:
        return [*messages[-1].content.encode()]

    def tokenize(self, text: str) -> list[int]:
        return [*text.encode()]

    def continuations(self, prompts: Sequence[Prompt]) -> list[list[Continued]]:
        self.num_asked += len(prompts)
        return [self._judge(bytes(prompt).decode(), answers) for prompt, answers in prompts]

    def _judge(self, prompt: str, answers: Sequence[Sequence[int]]) -> list[Continued]:
        texts = [bytes(answer).decode() for answer in answers]
        wanted = self._answer(prompt)
        meant = [_plain(text) == _plain(wanted) for text in texts]
        found = []
        for text, is_meant in zip(texts, meant, strict=True):
            others = len(meant) - sum(meant)
            p = self.sure / max(1, sum(meant)) if is_meant else (1 - self.sure) / (others + 1)
            liking = self.liking if _plain(text) == "yes" else 0.0
            found.append(Continued(logprob=math.log(p) + liking, is_greedy=is_meant))
        return found

    def _answer(self, prompt: str) -> str:
        if told := TOLD.search(prompt):
            return told[1]
        matches = [text for text in self.book if text in prompt]
        return self.book[max(matches, key=len)] if matches else "yes"


def knowing(items: Sequence[Item], *, wrong: int = 0, **changes: float) -> Pupil:
    """Return a pupil that knows the answers; of the first few it holds the contrary."""
    book = {}
    for number, item in enumerate(items):
        says = item.is_true != (number < wrong)
        book[item.text] = "yes" if says else "no"
        if item.negation:
            book[item.negation] = "no" if says else "yes"
    return Pupil(book, **changes)


class Broken:
    """A scorer around another one; what comes back is spoilt in `spoil`."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker

    def render(self, messages: Sequence[Message], continue_with: str = "") -> list[int]:
        return self.speaker.render(messages, continue_with)

    def tokenize(self, text: str) -> list[int]:
        return self.speaker.tokenize(text)

    def continuations(self, prompts: Sequence[Prompt]) -> list[list[Continued]]:
        return [self.spoil(reply) for reply in self.speaker.continuations(prompts)]

    def spoil(self, reply: list[Continued]) -> list[Continued]:
        raise NotImplementedError


class Swapped(Broken):
    """Gives each answer the probability of the one at the other end: labels are swapped."""

    def spoil(self, reply: list[Continued]) -> list[Continued]:
        return reply[::-1]


class WithoutNumbers(Broken):
    """Gives no log-probabilities but placeholders that are no numbers."""

    def spoil(self, reply: list[Continued]) -> list[Continued]:
        return [replace(each, logprob=math.nan) for each in reply]


class Cut(Broken):
    """Loses the last log-probability of each question."""

    def spoil(self, reply: list[Continued]) -> list[Continued]:
        return reply[:-1]


class Guessing(Broken):
    """Gives every answer a probability that has nothing to do with the question."""

    def __init__(self, speaker: Speaker) -> None:
        super().__init__(speaker)
        self._random = random.Random(5)

    def spoil(self, reply: list[Continued]) -> list[Continued]:
        return [replace(each, logprob=math.log(self._random.random() / 12)) for each in reply]


def _plain(text: str) -> str:
    return text.strip().casefold()
