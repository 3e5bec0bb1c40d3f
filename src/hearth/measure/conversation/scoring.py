"""From answers to what was kept: by length, by depth, by kind of fact; and how far it reaches."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean
from typing import TypeVar

from hearth.measure.checks.wording import mentions
from hearth.measure.controls import (
    AgainstChance,
    Controls,
    Tally,
    against_chance,
    opposite,
    passed,
    planted,
    shuffled,
)
from hearth.measure.evidence import Cell
from hearth.measure.statistics import Interval, wilson

Key = TypeVar("Key", bound=Hashable)
EVALUATOR = "conversation"


class Kept(StrEnum):
    """What an answer made of a fact."""

    RIGHT = "right"
    FORMER = "former"  # what held before it was changed
    OTHER = "other"  # the value of another fact
    SEVERAL = "several"  # more than one value, so that none is an answer
    NONE = "none"  # no value of the conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class FactAsked:
    """One fact that is asked for.

    Args:
        length: Tokens of the conversation that was wanted.
        distance: Tokens between the last telling and the end of the conversation.
        depth: See `hearth.measure.conversation.Fact`.
        question: What is asked.
        value: The right answer.
        former: What held before; None where it was told once.
        values: Every value that was mentioned.
        answer: What the model said; empty before it was asked.
        tokens: Tokens that the model read.
    """

    length: int
    distance: int
    depth: float
    question: str
    value: str
    former: str | None
    values: tuple[str, ...]
    answer: str = ""
    tokens: int = 0

    @property
    def kept(self) -> Kept:
        """What the answer made of the fact."""
        return read_answer(self.answer, self.value, self.former, self.values)

    def answered(self, answer: str, tokens: int) -> FactAsked:
        """Return the same with what the model said."""
        return replace(self, answer=answer, tokens=tokens)

    def as_row(self) -> dict[str, Cell]:
        """Return a row of a record's table."""
        return {
            "length": self.length,
            "tokens": self.tokens,
            "distance": self.distance,
            "depth": self.depth,
            "question": self.question,
            "value": self.value,
            "former": self.former,
            "answer": self.answer,
            "kept": self.kept.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationScores:
    """What a model keeps of a conversation.

    Args:
        controls: What the evaluator passed first.
        by_length: Share of the facts kept, by the conversation's tokens.
        by_depth: The same by where the fact was last told, 0 at the beginning.
        told_once: Share kept of the facts that never changed.
        changed: Share kept of the facts that were replaced by newer ones.
        effective: Greatest length up to which enough was kept; 0: not even the shortest. The lower
            end counts lengths whose whole interval is enough, the upper those where part of it is.
        answers: How many answers were of each kind.
        chance: Whether the share at the shortest length can be told from naming any value.
    """

    controls: Controls
    by_length: Mapping[int, Interval]
    by_depth: Mapping[float, Interval]
    told_once: Interval
    changed: Interval
    effective: Interval
    answers: Mapping[Kept, int]
    chance: AgainstChance


def read_answer(answer: str, value: str, former: str | None, values: Sequence[str]) -> Kept:
    """Return what an answer made of a fact, by the values that it names.

    Args:
        answer: What the model said.
        value: What is right.
        former: What was right before, if it was changed.
        values: All that were mentioned; an answer that names two of them decides for none.
    """
    named = [each for each in values if mentions(answer, each)]
    if len(named) > 1:
        return Kept.SEVERAL
    if not named:
        return Kept.NONE
    if named[0] == value:
        return Kept.RIGHT
    return Kept.FORMER if named[0] == former else Kept.OTHER


def self_test(asked: Sequence[FactAsked], *, seed: int) -> Controls:
    """Try the reading of answers on answers that are known.

    Args:
        asked: The questions; what the model answered is not looked at.
        seed: Of the values that are named at random.

    Raises:
        ControlFailed: The right values do not all score as right, former or other values do, or
            naming any value of the conversation scores other than chance.
    """
    rng = random.Random(seed)
    wrong = [_wrong_value(each) for each in asked]
    drawn = [rng.choice(each.values) for each in asked]
    return passed(
        EVALUATOR,
        planted("the right values, in a sentence", _tally(asked, [_said(a.value) for a in asked])),
        opposite("former and other values", _tally(asked, list(map(_said, wrong)))),
        shuffled("any value of the conversation", _tally(asked, drawn), chance=chance_of(asked)),
    )


def chance_of(asked: Sequence[FactAsked]) -> float:
    """Return the share that is right where any value of the conversation is named."""
    return fmean(1 / len(each.values) for each in asked)


def score(asked: Sequence[FactAsked], controls: Controls, *, needed: float) -> ConversationScores:
    """Return what was kept; there are no scores without controls.

    Args:
        asked: Every fact that was asked for.
        controls: What the evaluator passed; see `self_test`.
        needed: Share that must be kept for a length to be usable.
    """
    by_length = _shares(asked, lambda each: each.length)
    shortest = [each for each in asked if each.length == min(by_length)]
    right = sum(each.kept is Kept.RIGHT for each in shortest)
    found = [each.kept for each in asked]
    return ConversationScores(
        controls=controls,
        by_length=by_length,
        by_depth=_shares(asked, lambda each: each.depth),
        told_once=_share([each for each in asked if each.former is None]),
        changed=_share([each for each in asked if each.former is not None]),
        effective=effective_length(by_length, needed),
        answers={kind: found.count(kind) for kind in Kept},
        chance=against_chance(right, len(shortest), chance_of(shortest)),
    )


def effective_length(by_length: Mapping[int, Interval], needed: float) -> Interval:
    """Return the greatest length up to which every length keeps enough.

    Args:
        by_length: Share kept of each length.
        needed: Least share that is enough.
    """
    return Interval(
        value=_reach(by_length, lambda share: share.value >= needed),
        low=_reach(by_length, lambda share: share.low >= needed),
        high=_reach(by_length, lambda share: share.high >= needed),
        level=0.95,
        how="lengths whose Wilson interval of the share kept allows it",
    )


def _reach(by_length: Mapping[int, Interval], is_enough: Callable[[Interval], bool]) -> float:
    reach = 0
    for length in sorted(by_length):
        if not is_enough(by_length[length]):
            break
        reach = length
    return float(reach)


def _shares(asked: Sequence[FactAsked], key: Callable[[FactAsked], Key]) -> dict[Key, Interval]:
    keys = dict.fromkeys(key(each) for each in asked)
    return {name: _share([each for each in asked if key(each) == name]) for name in keys}


def _share(asked: Sequence[FactAsked]) -> Interval:
    return wilson(sum(each.kept is Kept.RIGHT for each in asked), len(asked))


def _tally(asked: Sequence[FactAsked], answers: Sequence[str]) -> Tally:
    right = sum(
        read_answer(answer, each.value, each.former, each.values) is Kept.RIGHT
        for each, answer in zip(asked, answers, strict=True)
    )
    return Tally(right=right, total=len(asked))


def _said(value: str) -> str:
    return f"It is {value}, as you told me."


def _wrong_value(asked: FactAsked) -> str:
    if asked.former is not None:
        return asked.former
    return next(value for value in asked.values if value != asked.value)
