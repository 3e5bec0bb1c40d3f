"""From answers to figures with intervals, beside those of texts by a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from hearth.measure.checks.length import words
from hearth.measure.controls import Controls, Tally, deal, opposite, passed, planted, shuffled
from hearth.measure.language.figures import loops, repetition, sameness, vocabulary
from hearth.measure.language.prompts import read_texts
from hearth.measure.statistics import Interval, bootstrap, wilson

EVALUATOR = "language"
SEED = 20261122
LOOP_ROUNDS = 4
LOOP_LENGTH = 12  # words that a planted loop repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An answer to an open question.

    Args:
        prompt: What was asked.
        answer: What the model wrote.
        is_cut: Whether it was ended by its greatest length.
    """

    prompt: str
    answer: str
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageScores:
    """What can be counted of a model's language.

    Args:
        controls: What the evaluator passed first.
        repetition: Mean share of an answer's 4-grams that stood in it before; less is better.
        looping: Share of the answers that end in a loop; less is better.
        vocabulary: Mean share of different words in 50; neither more nor less is better.
        sameness: Mean share of 3-grams that two answers to one prompt share; less is better.
        ended: Share of the answers that the model ended itself.
        empty: How many answers hold no word.
        person_repetition: `repetition` of texts by a person.
        person_vocabulary: `vocabulary` of the same.
    """

    controls: Controls
    repetition: Interval
    looping: Interval
    vocabulary: Interval
    sameness: Interval
    ended: Interval
    empty: int
    person_repetition: float
    person_vocabulary: float


def self_test(detect: Callable[[str], bool] = loops) -> Controls:
    """Try the finding of loops on texts by a person, as they are and with a loop at their end.

    Args:
        detect: Tells whether a text ends in a loop.

    Raises:
        ControlFailed: It misses a loop, or sees one where there is none.
    """
    plain = read_texts()
    texts = [*plain, *map(_looped, plain)]
    labels = [False] * len(plain) + [True] * len(plain)
    found = [detect(text) for text in texts]
    return passed(
        EVALUATOR,
        planted("texts with and without a loop", _agreeing(found, labels)),
        opposite("the labels turned round", _agreeing(found, [not label for label in labels])),
        shuffled("labels of other texts", _agreeing(found, deal(labels, seed=SEED)), chance=0.5),
    )


def score(written: Sequence[Written], controls: Controls, *, seed: int) -> LanguageScores:
    """Return the figures of a model's language; there are none without controls.

    Args:
        written: Every answer; those to one prompt are drawn together for the intervals.
        controls: What the evaluator passed; see `self_test`.
        seed: Of those draws.
    """
    answers: dict[str, list[str]] = defaultdict(list)
    for each in written:
        answers[each.prompt].append(each.answer)
    person = read_texts()

    def mean_of(figure: Callable[[Sequence[str]], float]) -> Interval:
        return bootstrap(
            [figure(texts) for texts in answers.values()], lambda a: np.mean(a, axis=1), seed=seed
        )

    return LanguageScores(
        controls=controls,
        repetition=mean_of(lambda texts: fmean(map(repetition, texts))),
        looping=wilson(sum(loops(each.answer) for each in written), len(written)),
        vocabulary=mean_of(lambda texts: fmean(map(vocabulary, texts))),
        sameness=mean_of(sameness),
        ended=wilson(sum(not each.is_cut for each in written), len(written)),
        empty=sum(not words(each.answer) for each in written),
        person_repetition=fmean(map(repetition, person)),
        person_vocabulary=fmean(map(vocabulary, person)),
    )


def _looped(text: str) -> str:
    """Return a text whose last words come again and again, the last time not to their end."""
    found = text.split()
    tail = found[-LOOP_LENGTH:]
    return " ".join([*found, *tail * (LOOP_ROUNDS - 1), *tail[: LOOP_LENGTH // 2]])


def _agreeing(found: Sequence[bool], labels: Sequence[bool]) -> Tally:
    agreeing = sum(one is other for one, other in zip(found, labels, strict=True))
    return Tally(right=agreeing, total=len(labels))
