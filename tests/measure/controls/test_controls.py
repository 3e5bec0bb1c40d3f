"""Controls: what passes, what fails, and what is said of it."""

from __future__ import annotations

import pytest

from hearth.errors import ControlFailed, HearthError
from hearth.measure.controls import (
    Tally,
    against_chance,
    deal,
    opposite,
    passed,
    planted,
    require_read,
    shuffled,
)

RIGHT = planted("the key", Tally(right=50, total=50))
CHANCE = shuffled("other answers", Tally(right=26, total=50), chance=0.5)


def test_controls_that_all_passed_are_handed_back() -> None:
    controls = passed("truth", RIGHT, opposite("wrong", Tally(right=0, total=50)), CHANCE)
    assert [control.kind for control in controls.controls] == ["planted", "opposite", "shuffled"]
    assert "the key: 50 of 50 right" in str(controls)
    assert controls.as_data()[2]["tally"] == {"right": 26, "total": 50, "unread": 0}


@pytest.mark.parametrize(
    "broken",
    [
        planted("the key", Tally(right=49, total=50)),
        planted("told", Tally(right=44, total=50), least=0.9),
        planted("nothing at all", Tally(right=0, total=0)),
        planted("unreadable", Tally(right=50, total=50, unread=1)),
        opposite("wrong", Tally(right=1, total=50)),
        shuffled("as good as the key", Tally(right=50, total=50), chance=0.5),
        shuffled("worse than chance", Tally(right=0, total=50), chance=0.5),
    ],
)
def test_one_that_failed_is_named_and_nothing_is_handed_back(broken) -> None:
    with pytest.raises(ControlFailed, match=broken.name) as failed:
        passed("truth", RIGHT, CHANCE, broken)
    assert failed.value.hint
    again = HearthError.from_data(failed.value.as_data())
    assert isinstance(again, ControlFailed)


@pytest.mark.parametrize(("given", "missing"), [((RIGHT,), "shuffled"), ((CHANCE,), "planted")])
def test_a_control_that_was_not_run_is_missed(given, missing: str) -> None:
    with pytest.raises(ControlFailed, match=f"no {missing} control"):
        passed("truth", *given)


def test_a_planted_answer_may_be_missed_as_often_as_is_said() -> None:
    assert planted("told", Tally(right=45, total=50), least=0.9).has_passed
    assert opposite("told", Tally(right=5, total=50), most=0.1).has_passed


def test_a_fair_coin_passes_the_shuffled_control_but_for_one_in_a_thousand() -> None:
    control = shuffled("coins", Tally(right=200, total=400), chance=0.5)
    assert 160 < control.fewest < 172
    assert 228 < control.most < 240


def test_a_score_of_answers_that_could_not_be_read_is_refused() -> None:
    require_read("truth", Tally(right=1, total=2))
    with pytest.raises(ControlFailed, match="Of 2 answers, 1 could not be read"):
        require_read("truth", Tally(right=1, total=2, unread=1))


def test_chance_is_told_apart_by_an_exact_test() -> None:
    assert not against_chance(55, 100, 0.5).is_told
    told = against_chance(70, 100, 0.5)
    assert told.is_told
    assert "told from chance (50%)" in str(told)
    assert against_chance(20, 100, 0.5).is_told  # far below is no guessing either
    assert "cannot be told" in str(against_chance(0, 0, 0.5))


def test_answers_are_dealt_the_same_way_for_a_seed() -> None:
    answers = tuple(range(40))
    assert deal(answers, seed=1) == deal(answers, seed=1)
    assert deal(answers, seed=1) != deal(answers, seed=2)
    assert sorted(deal(answers, seed=3)) == list(answers)
