"""A set of cases is tried on answers that are known; a broken one gives no score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.core import Message, Role
from hearth.errors import ControlFailed
from hearth.measure.asking import Reply
from hearth.measure.checks import Case, chance_of, judge, luck_of, read_checks, self_test
from hearth.measure.checks.records import cases_table

COLOURS = ("red", "green", "blue", "white", "black", "brown")


def cases() -> list[Case]:
    return [
        Case(
            id=colour,
            messages=(Message(role=Role.USER, content=f"Say {colour}."),),
            checks=read_checks([{"contains": colour}, {"max_words": 3}], where=colour),
            good=f"It's {colour}.",
            max_tokens=8,
        )
        for colour in COLOURS
    ]


def test_good_answers_pass_and_others_pass_by_chance_alone() -> None:
    assert chance_of(cases()) == pytest.approx(1 / len(COLOURS))
    controls = self_test("suite", cases())
    assert [control.kind for control in controls.controls] == ["planted", "opposite", "shuffled"]


def test_a_good_answer_that_fails_its_checks_stops_the_score() -> None:
    first, *rest = cases()
    with pytest.raises(ControlFailed, match="look at red"):
        self_test("suite", [replace(first, good="It's green."), *rest])


def test_checks_that_pass_an_empty_answer_stop_the_score() -> None:
    first, *rest = cases()
    lax = replace(first, checks=read_checks([{"avoids": "pink"}], where="lax"))
    with pytest.raises(ControlFailed, match="empty answers"):
        self_test("suite", [lax, *rest])


def test_an_answer_is_judged_by_the_letter_and_loosely() -> None:
    case = cases()[0]
    right = judge(case, Reply(text="red"))
    wordy = judge(case, Reply(text="Sure, of course:\nIt is red", is_cut=True))
    assert (right.has_passed, right.failed) == (True, ())
    assert (wordy.has_passed, wordy.passes_loosely, wordy.is_cut) == (False, True, True)
    assert wordy.failed == ("max_words: 3",)


def test_a_case_that_asks_or_checks_something_else_has_another_digest() -> None:
    case = cases()[0]
    other = read_checks([{"max_words": 4}], where="")
    assert case.digest == replace(case, good="Red!").digest
    assert case.digest != replace(case, checks=other).digest
    assert case.digest != replace(case, max_tokens=9).digest
    assert case.digest != cases()[1].digest


def test_luck_is_what_answers_to_other_cases_pass() -> None:
    first, *rest = cases()
    assert luck_of(cases()) == 0.0
    lax = replace(first, checks=read_checks([{"max_words": 3}], where="lax"))
    assert luck_of([lax, *rest]) == pytest.approx(1 / len(COLOURS))
    assert luck_of([first]) == 0.0


def test_a_table_of_cases_has_a_row_for_each() -> None:
    made = cases_table(cases(), [judge(case, Reply(text=case.good)) for case in cases()])
    assert made.column("id") == COLOURS
    assert set(made.column("passed")) == {True}
