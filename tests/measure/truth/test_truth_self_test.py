"""The evaluator of truth tests itself, and prints no score where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hearth.errors import ControlFailed
from hearth.measure.choices.weighing import Speaker
from hearth.measure.truth import Answered, Item, TruthPlan, ask_all, built_in
from hearth.measure.truth.controls import try_evaluator
from hearth.measure.truth.measuring import evaluate
from support.speakers import Cut, Guessing, Pupil, Swapped, WithoutNumbers, knowing

QUESTIONS = built_in().of(limit=120)
ITEMS = QUESTIONS.items
PLAN = TruthPlan(model="pupil", questions=QUESTIONS)


def quiet(done: int, total: int, doing: str) -> None:
    """Take progress, and tell nobody."""


def test_a_sound_model_gets_its_score() -> None:
    scores, answered = evaluate(knowing(ITEMS, wrong=30), PLAN, quiet)
    assert scores.accuracy.value == pytest.approx(90 / 120)
    assert len(answered) == 120
    assert len(scores.controls.controls) == 4


@pytest.mark.parametrize("broken", [Swapped, WithoutNumbers, Cut, Guessing])
def test_a_scorer_that_is_broken_gets_none(broken: type) -> None:
    with pytest.raises(ControlFailed, match="prints no score") as failed:
        evaluate(broken(knowing(ITEMS)), PLAN, quiet)
    assert "answers told in the prompt" in failed.value.message


def test_the_questions_are_not_even_asked_when_a_control_fails() -> None:
    pupil = Guessing(knowing(ITEMS))
    with pytest.raises(ControlFailed):
        evaluate(pupil, PLAN, quiet)
    assert isinstance(pupil.speaker, Pupil)
    assert pupil.speaker.num_asked == 24


def swapped_labels(speaker: Speaker, items: Sequence[Item]) -> Sequence[Answered]:
    turned = [turn(item) for item in items]
    answered = ask_all(speaker, turned)
    return [replace(each, item=item) for each, item in zip(answered, items, strict=True)]


def peeking(speaker: Speaker, items: Sequence[Item]) -> Sequence[Answered]:
    sure = [20.0 if item.is_true else -20.0 for item in items]
    return [
        Answered(item=item, lean=odds, lean_negated=-odds, log_odds=odds, mass=1.0)
        for item, odds in zip(items, sure, strict=True)
    ]


def always_yes(speaker: Speaker, items: Sequence[Item]) -> Sequence[Answered]:
    return [
        Answered(item=item, lean=5.0, lean_negated=5.0, log_odds=5.0, mass=1.0) for item in items
    ]


def turn(item: Item) -> Item:
    return Item(text=item.negation, negation=item.text, is_true=item.is_true)


@pytest.mark.parametrize(
    ("evaluator", "said"),
    [
        (swapped_labels, "answers from the key: 0 of 120 right"),
        (peeking, "answers of other questions: 120 of 120 right"),
        (always_yes, "answers from the key: 60 of 120 right"),
    ],
)
def test_an_evaluator_that_is_broken_fails_a_control(evaluator, said: str) -> None:
    with pytest.raises(ControlFailed) as failed:
        try_evaluator(knowing(ITEMS), ITEMS, answering=evaluator)
    assert said in failed.value.message


def test_answers_that_go_missing_after_the_self_test_are_no_score_either() -> None:
    class Failing(WithoutNumbers):
        def spoil(self, reply):
            asked = getattr(self.speaker, "num_asked", 0)
            return super().spoil(reply) if asked > 24 else reply

    with pytest.raises(ControlFailed, match="could not be read"):
        evaluate(Failing(knowing(ITEMS)), PLAN, quiet)


def test_questions_without_a_negation_are_tested_likewise() -> None:
    alone = [Item(text=item.text, is_true=item.is_true, is_question=True) for item in ITEMS]
    pupil = Pupil({item.text: "yes" if item.is_true else "no" for item in alone} | {"N/A": "no"})
    assert len(try_evaluator(pupil, alone).controls) == 4
    with pytest.raises(ControlFailed, match="answers told in the prompt"):
        try_evaluator(Swapped(pupil), alone)
