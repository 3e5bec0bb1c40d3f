"""Prompts of a wanted length that no cache has seen, for targets whose tokens are not ours.

The words are drawn from a seed, and each prompt begins with a number that is drawn anew every time:
a target may remember for days what it has read. How many tokens a word has, and how many a target's
template adds, is found by asking twice, without words and with each of them once:

    tokens of the prompt = template + tokens per word x words
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass

from hearth.measure.speed.target import Request, Target

PROBE_ANSWER_TOKENS = 2
GUESSED_TOKENS_PER_WORD = 1.3  # of English, where a target does not count
GUESSED_TEMPLATE_TOKENS = 0.0

_TEXT = """
river stone cloud market engine garden letter window silver morning copper valley number planet
forest bridge music paper harbor candle winter summer table circle island mirror orange pocket
rocket saddle tunnel velvet walnut yellow anchor basket castle desert finger guitar hammer jacket
kitten ladder magnet needle oyster pepper quartz ribbon
"""
WORDS = tuple(_TEXT.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCount:
    """How words become a target's tokens.

    Args:
        per_word: Tokens of a word.
        template: Tokens of a prompt without words.
        is_guessed: Whether the target does not count its prompt's tokens.
    """

    per_word: float
    template: float
    is_guessed: bool

    def words_of(self, tokens: int) -> int:
        """Return how many words make a prompt of so many tokens; at least one."""
        return max(1, round((tokens - self.template) / self.per_word))


class Prompts:
    """Makes prompts.

    Args:
        count: How words become tokens; see `count_words`.
        seed: Of the words.
    """

    def __init__(self, count: WordCount, seed: int | str) -> None:
        self._count = count
        self._random = random.Random(seed)

    def text(self, tokens: int) -> str:
        """Return a prompt of about so many tokens, unlike any before."""
        return f"{_mark()} {self._words(self._count.words_of(tokens))}"

    def longer(self, text: str, tokens: int) -> str:
        """Return a prompt that begins with `text` and has about so many tokens more."""
        return f"{text} {self._words(max(1, round(tokens / self._count.per_word)))}"

    def _words(self, count: int) -> str:
        return " ".join(self._random.choices(WORDS, k=count))


async def count_words(target: Target) -> WordCount:
    """Find out how words become tokens; the two requests warm the target up besides.

    Args:
        target: Is ready.
    """
    found: list[int] = []
    for words in ((), WORDS):
        prompt = " ".join([_mark(), *words])
        answer = await target.answer(Request(prompt=prompt, max_tokens=PROBE_ANSWER_TOKENS))
        if answer.prompt_tokens is None:
            return WordCount(
                per_word=GUESSED_TOKENS_PER_WORD,
                template=GUESSED_TEMPLATE_TOKENS,
                is_guessed=True,
            )
        found.append(answer.prompt_tokens)
    empty, full = found
    return WordCount(
        per_word=max(0.1, (full - empty) / len(WORDS)), template=empty, is_guessed=False
    )


def _mark() -> str:
    """Return a number, in hexadecimal, that no prompt before began with."""
    return secrets.token_hex(4)
