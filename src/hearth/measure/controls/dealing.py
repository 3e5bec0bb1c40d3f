"""Deal answers to other questions, so that nothing but chance makes them right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Answer = TypeVar("Answer")


def deal(answers: Sequence[Answer], *, seed: int) -> tuple[Answer, ...]:
    """Return the same answers in another order; one and the same for a seed.

    Args:
        answers: One for each question.
        seed: Of the order.
    """
    return tuple(random.Random(seed).sample(answers, len(answers)))
