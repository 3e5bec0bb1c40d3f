"""From answers to figures."""

from __future__ import annotations

import math

import pytest

from hearth.measure.controls import Tally, passed, planted, shuffled
from hearth.measure.truth import Answered, Item, ask_all, built_in, reliability, score
from support.speakers import Pupil, knowing

CONTROLS = passed(
    "truth",
    planted("key", Tally(right=2, total=2)),
    shuffled("others", Tally(right=1, total=2), chance=0.5),
)
ITEMS = built_in().of(limit=100).items


def item(is_true: bool, text: str = "x") -> Item:
    return Item(text=text, negation=f"not {text}", is_true=is_true)


def answer(is_true: bool, odds: float, *, mass: float = 1.0, liking: float = 0.0) -> Answered:
    return Answered(
        item=item(is_true),
        lean=odds + liking,
        lean_negated=-odds + liking,
        log_odds=odds,
        mass=mass,
    )


def test_a_liking_for_yes_cancels() -> None:
    no_sayer = knowing(ITEMS, sure=0.5, liking=-0.2)
    scores = score(ask_all(no_sayer, ITEMS), CONTROLS, seed=0)
    assert scores.accuracy.value == 1.0
    assert scores.yes_rate.value == 0.0
    even = score(ask_all(knowing(ITEMS), ITEMS), CONTROLS, seed=0)
    assert even.yes_rate.value == pytest.approx(0.5)
    assert even.consistent is not None
    assert even.consistent.value == 1.0


def test_a_model_that_always_says_yes_scores_nothing_and_is_told_so() -> None:
    scores = score(ask_all(Pupil({}), ITEMS), CONTROLS, seed=0)
    assert scores.yes_rate.value == 1.0
    assert scores.accuracy.value == 0.0  # both forms are equally likely: that is no answer
    assert scores.consistent is not None
    assert scores.consistent.value == 0.0


def test_without_a_negation_what_is_said_to_nothing_is_taken_off() -> None:
    alone = [Item(text=one.text, is_true=one.is_true) for one in ITEMS]
    answered = ask_all(knowing(ITEMS), alone)
    usual = answered[0].lean - answered[0].log_odds
    assert usual == pytest.approx(math.log(0.9 / (0.1 * 6 / 7)))  # it says yes to nothing at all
    assert all(each.lean - each.log_odds == pytest.approx(usual) for each in answered)


def test_no_answer_is_a_third_class() -> None:
    scores = score(
        [answer(True, 3.0), answer(False, -3.0), answer(True, 3.0, mass=0.4)], CONTROLS, seed=0
    )
    assert scores.answered.value == pytest.approx(2 / 3)
    assert scores.accuracy.value == pytest.approx(2 / 3)
    assert scores.accuracy_answered is not None
    assert scores.accuracy_answered.value == 1.0


def test_nothing_answered_is_scored_without_an_accuracy_of_answers() -> None:
    scores = score([answer(True, 3.0, mass=0.1), answer(False, 1.0, mass=0.1)], CONTROLS, seed=0)
    assert scores.accuracy_answered is None
    assert not scores.chance.is_told
    assert "accuracy_answered" not in scores.figures()


def test_balanced_accuracy_does_not_reward_the_commoner_answer() -> None:
    answered = [answer(True, 2.0)] * 90 + [answer(False, 2.0)] * 10
    scores = score(answered, CONTROLS, seed=0)
    assert scores.accuracy.value == pytest.approx(0.9)
    assert scores.balanced_accuracy is not None
    assert scores.balanced_accuracy.value == pytest.approx(0.5)
    assert not scores.chance.is_told


def test_brier_score_and_calibration_error_by_hand() -> None:
    odds = math.log(0.8 / 0.2)
    answered = [answer(True, odds)] * 3 + [answer(False, odds)] + [answer(False, -odds)] * 4
    scores = score(answered, CONTROLS, seed=0)
    assert scores.brier.value == pytest.approx((3 * 0.04 + 0.64 + 4 * 0.04) / 8)
    assert scores.calibration_error.value == pytest.approx((4 * 0.05 + 4 * 0.2) / 8)
    assert scores.calibration_error.low <= scores.calibration_error.value


def test_bins_say_what_came_true_of_what_was_said() -> None:
    odds = math.log(0.75 / 0.25)
    bins = reliability([answer(True, odds)] * 3 + [answer(False, odds)] + [answer(False, -99.0)])
    assert [each.num_items for each in bins] == [1, 0, 0, 0, 0, 0, 0, 4, 0, 0]
    assert bins[7].said == pytest.approx(0.75)
    assert bins[7].came_true.value == pytest.approx(0.75)
    assert bins[0].came_true.value == 0.0


def test_extreme_odds_stay_numbers() -> None:
    scores = score([answer(True, 1e6), answer(False, -1e6)], CONTROLS, seed=0)
    assert scores.brier.value == pytest.approx(0.0)
    assert all(math.isfinite(figure.value) for figure in scores.figures().values())


def test_a_single_question_has_a_score() -> None:
    scores = score([answer(True, 1.0)], CONTROLS, seed=0)
    assert scores.balanced_accuracy is None
    assert scores.accuracy.low < 1.0 == scores.accuracy.value


def test_the_same_seed_gives_the_same_figures() -> None:
    answered = ask_all(knowing(ITEMS, wrong=20), ITEMS)
    assert score(answered, CONTROLS, seed=4) == score(answered, CONTROLS, seed=4)
