"""What a text teaches of its own repetitions."""

from __future__ import annotations

from hearth.engine.worker.speculation.acceptance import Acceptance
from hearth.engine.worker.speculation.copying import NUM_CLASSES, CopyGuesser
from hearth.engine.worker.speculation.guess import Guess

FILE = [*range(100, 160)]


def guesser(tokens: list[int]) -> CopyGuesser:
    return CopyGuesser(tokens, Acceptance(NUM_CLASSES))


def test_a_copy_is_trusted_more_and_more() -> None:
    text = [*FILE, 1, 2, 100, 101]
    guessing = guesser(text)
    first = guessing.guess(text, 9)
    assert first.tokens == tuple(range(102, 102 + len(first.tokens)))
    text += range(102, 130)
    later = guessing.guess(text, 9)
    assert later.tokens == tuple(range(130, 130 + len(later.tokens)))
    assert later.expected > 2 * first.expected


def test_guesses_that_fail_are_trusted_less() -> None:
    text = [*FILE, 1, 2, 100, 101]
    guessing = guesser(text)
    before = guessing.guess(text, 9).gains[0]
    for number in range(20):
        text += [1000 + number, 100, 101]
        guessing.guess(text, 9)
    later = guessing.guess(text, 9)
    assert sum(later.gains[:1]) < before / 3  # or none at all


def test_no_more_is_guessed_than_asked() -> None:
    text = [*FILE, 1, 2, 100, 101]
    assert len(guesser(text).guess(text, 2).tokens) == 2
    assert guesser(text).guess(text, 0) == guesser(text).guess(text, -1) == Guess()
    assert guesser(FILE).guess(FILE, 5) == Guess()
