"""Shares of right guesses: what is learned, forgotten, and taken over by the next text."""

from __future__ import annotations

import pytest

from hearth.engine.worker.speculation.acceptance import UNKNOWN_RATE, Acceptance
from hearth.engine.worker.speculation.copying import NUM_CLASSES, class_of
from hearth.engine.worker.speculation.guess import LEAST_GAIN, Guess, gains_of


def test_nothing_known_is_a_coin() -> None:
    assert Acceptance(2).rate(1) == UNKNOWN_RATE
    assert Acceptance(2, Acceptance(2)).rate(0) == UNKNOWN_RATE


@pytest.mark.parametrize("share", [0, 50, 100])
def test_a_rate_goes_to_what_was_seen_and_surer_classes_begin_with_it(share: int) -> None:
    acceptance = Acceptance(3)
    for number in range(2000):
        acceptance.learn(1, was_right=number % 100 < share)
    assert acceptance.rate(1) == pytest.approx(share / 100, abs=0.05)
    assert acceptance.rate(0) == UNKNOWN_RATE
    assert acceptance.rate(2) == acceptance.rate(1)  # at least as sure, for all we know


def test_a_text_that_turns_is_noticed_soon() -> None:
    acceptance = Acceptance(1, Acceptance(1))
    for _ in range(500):
        acceptance.learn(0, was_right=True)
    before = acceptance.rate(0)
    for _ in range(40):
        acceptance.learn(0, was_right=False)
    assert before > 0.9
    assert acceptance.rate(0) < 0.4


def test_a_new_text_begins_with_what_all_texts_taught() -> None:
    common = Acceptance(1)
    first = Acceptance(1, common)
    for number in range(100):
        first.learn(0, was_right=number % 20 > 0)
    assert Acceptance(1, common).rate(0) == common.rate(0) == pytest.approx(0.95, abs=0.03)


def test_gains_fall_and_end_where_there_is_no_chance() -> None:
    acceptance = Acceptance(2)
    for number in range(400):
        acceptance.learn(1, was_right=number % 4 > 0)
    gains = gains_of(acceptance, [0, *[1] * 100])
    assert gains == tuple(sorted(gains, reverse=True))
    assert gains[:2] == (UNKNOWN_RATE, pytest.approx(UNKNOWN_RATE * acceptance.rate(1)))
    assert gains[-1] >= LEAST_GAIN
    assert 5 < len(gains) < 100
    assert Guess((7,) * len(gains), gains).expected == pytest.approx(sum(gains))


def test_longer_matches_are_of_higher_classes() -> None:
    classes = [class_of(length) for length in range(1, 200)]
    assert classes == sorted(classes)
    assert set(classes) == set(range(NUM_CLASSES))
    assert class_of(2) < class_of(3) == class_of(4) < class_of(5)
