"""A question with its answers, of which some are right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A question with given answers.

    Args:
        question: What is asked; its answers are not part of it.
        answers: Two or more, each once.
        right: Places of the right ones, counted from 0: at least one, and not all.
        category: What it is about.
        source: Where the answer can be looked up.
    """

    question: str
    answers: tuple[str, ...]
    right: tuple[int, ...]
    category: str = ""
    source: str = ""

    @property
    def chance(self) -> float:
        """Part of the answers that is right."""
        return len(self.right) / len(self.answers)

    @property
    def wrong(self) -> tuple[int, ...]:
        """Places of the wrong answers."""
        return tuple(place for place in range(len(self.answers)) if place not in self.right)
