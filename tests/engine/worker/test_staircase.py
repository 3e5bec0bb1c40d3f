"""What steps cost, learned from steps whose true costs are known."""

from __future__ import annotations

import pytest

from hearth.engine.worker.staircase import Staircase

MEASURED = {1: 0.0158, 2: 0.0281, 3: 0.0384, 4: 0.0271, 8: 0.0492, 13: 0.0798, 16: 0.0674}


@pytest.fixture
def staircase() -> Staircase:
    known = Staircase()
    for num_rows, seconds in MEASURED.items():
        for _ in range(3):
            known.note(num_rows, seconds)
    return known


def test_nothing_is_known_of_sizes_that_were_never_computed() -> None:
    assert Staircase().cost(1) is None
    assert Staircase().best_size(3, limit=16) == 3


def test_costs_are_what_was_measured(staircase: Staircase) -> None:
    assert {size: staircase.cost(size) for size in MEASURED} == pytest.approx(MEASURED)


@pytest.mark.parametrize(("num_rows", "best"), [(1, 1), (2, 4), (3, 4), (4, 4), (8, 8), (13, 16)])
def test_the_best_size_is_the_cheapest_that_is_large_enough(staircase, num_rows, best) -> None:
    assert staircase.best_size(num_rows, limit=16) == best


def test_no_size_goes_beyond_the_limit(staircase: Staircase) -> None:
    assert staircase.best_size(3, limit=3) == 3


def test_a_gain_within_the_error_is_none() -> None:
    known = Staircase()
    known.note(3, 0.0100)
    known.note(4, 0.0099)
    assert known.best_size(3, limit=8) == 3


def test_longer_texts_make_all_sizes_dearer(staircase: Staircase) -> None:
    """One size is computed on and on; what it tells of the conditions holds for the others."""
    for _ in range(4):
        staircase.note(4, MEASURED[4])
    for _ in range(60):
        staircase.note(4, 2 * MEASURED[4])
    assert staircase.cost(4) == pytest.approx(2 * MEASURED[4], rel=0.02)
    assert staircase.cost(16) == pytest.approx(2 * MEASURED[16], rel=0.35)
    assert staircase.best_size(3, limit=16) == 4


def test_what_changes_from_one_size_to_the_next_is_their_own(staircase: Staircase) -> None:
    """Where padding has become dear, a few steps of each size show it."""
    for _ in range(4):
        for num_rows, seconds in ((3, 0.04), (4, 0.05)):
            for _ in range(3):
                staircase.note(num_rows, seconds)
    assert staircase.best_size(3, limit=4) == 3


def test_a_step_that_lost_its_core_changes_little(staircase: Staircase) -> None:
    staircase.note(4, 1.0)
    assert staircase.cost(4) < 1.2 * MEASURED[4]
    assert staircase.best_size(3, limit=16) == 4


def test_a_size_that_was_slow_when_first_computed_is_soon_seen_as_it_is() -> None:
    known = Staircase()
    for _ in range(9):
        known.note(1, 0.016)
    known.note(4, 0.3)
    for _ in range(4):
        known.note(1, 0.016)
        known.note(4, 0.027)
    assert known.cost(4) < 2 * 0.027
    assert known.cost(1) == pytest.approx(0.016, rel=0.3)


def test_first_steps_that_are_always_faster_drive_nothing_apart(staircase: Staircase) -> None:
    """A size that is not computed for long is still as dear beside the others."""
    for _ in range(300):
        staircase.note(16, MEASURED[16])
        for late in (0.85, 0.85, 0.85, *[1.0] * 12):
            staircase.note(1, late * MEASURED[1])
    assert staircase.cost(1) == pytest.approx(MEASURED[1], rel=0.1)
    assert staircase.cost(4) == pytest.approx(MEASURED[4], rel=0.3)


def test_a_clock_that_stands_still_is_not_believed(staircase: Staircase) -> None:
    staircase.note(4, 0.0)
    assert staircase.cost(4) == pytest.approx(MEASURED[4])
