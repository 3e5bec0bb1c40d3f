"""Steps of the guide's paths: noted once, taken back, and each path by itself."""

from __future__ import annotations

from hearth.store.database import Database
from hearth.store.guide_steps import DoneSteps
from support.talk import opened


def test_a_done_step_keeps_its_date(database: Database) -> None:
    steps = DoneSteps(database)
    steps.mark("faster", "limit")
    first = steps.of("faster")
    steps.mark("faster", "limit")
    assert steps.of("faster") == first
    assert list(first) == ["limit"]


def test_steps_are_taken_back(database: Database) -> None:
    steps = DoneSteps(database)
    for step in ("a", "b", "c"):
        steps.mark("faster", step)
    steps.mark("mine", "a")
    steps.unmark("faster", "b")
    steps.unmark("faster", "never-done")
    assert set(steps.of("faster")) == {"a", "c"}
    steps.unmark("faster")
    assert steps.of("faster") == {}
    assert set(steps.of("mine")) == {"a"}


def test_they_outlive_the_program(database: Database) -> None:
    DoneSteps(database).mark("faster", "limit")
    with opened() as again:
        assert set(DoneSteps(again).of("faster")) == {"limit"}
