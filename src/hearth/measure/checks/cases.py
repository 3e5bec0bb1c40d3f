"""Cases: a question with the checks of its answer, and an answer that is known to pass them.

Every case carries such a `good` answer. A check that nobody has seen pass may be one that nothing
passes; and the good answers of other cases show what a set of checks lets through by chance.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.core import Message
from hearth.measure.asking import Question, Reply
from hearth.measure.checks.check import Check, holds, holds_loosely
from hearth.measure.controls import Controls, Tally, deal, opposite, passed, planted, shuffled

SEED = 20261122  # of dealing answers to other questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question whose answer a program can check.

    Args:
        id: Names it among its set.
        messages: The conversation up to the answer.
        checks: All of which the answer must pass.
        good: An answer that does.
        max_tokens: Longest answer.
    """

    id: str
    messages: tuple[Message, ...]
    checks: tuple[Check, ...]
    good: str
    max_tokens: int

    @property
    def question(self) -> Question:
        """What is put to the model."""
        return Question(id=self.id, messages=self.messages, max_tokens=self.max_tokens)

    @property
    def digest(self) -> str:
        """Tells a case from one of the same name that asks or checks something else."""
        told = [
            [[message.role.value, message.content] for message in self.messages],
            [[check.name, check.value] for check in self.checks],
            self.max_tokens,
        ]
        text = json.dumps(told, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer to a case, and what was found.

    Args:
        id: The case.
        answer: What was answered.
        failed: The checks that it failed, by the letter; none: it passed.
        passes_loosely: Whether it passes without what is often put around an answer.
        is_cut: Whether the answer was ended by its greatest length.
    """

    id: str
    answer: str
    failed: tuple[str, ...]
    passes_loosely: bool
    is_cut: bool

    @property
    def has_passed(self) -> bool:
        """True where it passed every check by the letter."""
        return not self.failed


def judge(case: Case, reply: Reply) -> Judged:
    """Hold an answer against the checks of its case."""
    return Judged(
        id=case.id,
        answer=reply.text,
        failed=tuple(str(check) for check in case.checks if not holds(check, reply.text)),
        passes_loosely=all(holds_loosely(check, reply.text) for check in case.checks),
        is_cut=reply.is_cut,
    )


def passes(case: Case, answer: str) -> bool:
    """Return whether an answer passes every check of a case by the letter."""
    return all(holds(check, answer) for check in case.checks)


def chance_of(cases: Sequence[Case]) -> float:
    """Return how often the good answer to one case, drawn at random, passes the checks of another.

    The case itself is among those drawn, as it is among those that `deal` deals.
    """
    return sum(passes(case, other.good) for case in cases for other in cases) / len(cases) ** 2


def luck_of(cases: Sequence[Case]) -> float:
    """Return how often the good answer to another case passes the checks of a case; alone, 0."""
    tried = [passes(case, other.good) for case in cases for other in cases if other is not case]
    return sum(tried) / len(tried) if tried else 0.0


def self_test(evaluator: str, cases: Sequence[Case]) -> Controls:
    """Try checks on answers that are known, before a model's are held against them.

    Args:
        evaluator: Whose checks they are.
        cases: At least one.

    Raises:
        ControlFailed: A good answer fails its checks, or an empty answer passes some.
    """
    total = len(cases)
    right = [passes(case, case.good) for case in cases]
    empty = [passes(case, "") for case in cases]
    dealt = deal([case.good for case in cases], seed=SEED)
    lucky = [passes(case, answer) for case, answer in zip(cases, dealt, strict=True)]
    return passed(
        evaluator,
        planted(_named("good answers", cases, right), Tally(right=sum(right), total=total)),
        opposite(
            _named("empty answers", cases, [not each for each in empty]),
            Tally(right=sum(empty), total=total),
        ),
        shuffled(
            "answers to other questions",
            Tally(right=sum(lucky), total=total),
            chance=chance_of(cases),
        ),
    )


def _named(what: str, cases: Sequence[Case], are_fine: Sequence[bool]) -> str:
    bad = [case.id for case, fine in zip(cases, are_fine, strict=True) if not fine]
    return f"{what} (look at {', '.join(bad[:5])})" if bad else what
