"""Padding against machines whose staircase is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from hearth.engine.worker.padding import Padding
from hearth.engine.worker.staircase import Staircase

STEPS = 2000


def repacked(size: int) -> float:
    """Rows in fours at once, and each one that is left over by itself: Q4_0 here, in ms."""
    groups, rest = divmod(size, 4)
    return 12 * groups + 15 * rest


def even(size: int) -> float:
    return 10 + 4 * size


def flat(size: int) -> float:
    return 30 if size <= 8 else 60


class Machine:
    """Computes steps that take as long as `cost` says."""

    def __init__(
        self, cost: Callable[[int], float], *, limit: int = 36, is_on: bool = True
    ) -> None:
        self.cost = cost
        self.staircase = Staircase()
        self.padding = Padding(self.staircase, limit, is_on=is_on)
        self.sizes: Counter[int] = Counter()

    def run(self, num_rows: int, steps: int = STEPS, *, may_try: bool = True) -> float:
        """Return how long the steps took, as a multiple of unpadded ones."""
        taken = 0.0
        for _ in range(steps):
            size = self.padding.size(num_rows, may_try=may_try)
            assert size >= num_rows
            self.sizes[size] += 1
            self.staircase.note(size, self.cost(size) / 1000)
            taken += self.cost(size)
        return taken / (steps * self.cost(num_rows))


@pytest.mark.parametrize("num_rows", range(1, 33))
def test_nearly_all_of_what_the_staircase_allows_is_gained(num_rows: int) -> None:
    best = min(repacked(size) for size in range(num_rows, 37)) / repacked(num_rows)
    assert Machine(repacked).run(num_rows) <= best / 0.96


@pytest.mark.parametrize("cost", [even, flat])
@pytest.mark.parametrize("num_rows", [1, 2, 3, 5, 8, 9, 13, 20])
def test_where_no_size_is_cheaper_next_to_nothing_is_lost(num_rows: int, cost) -> None:
    assert Machine(cost).run(num_rows) < 1.01


def test_a_size_is_found_soon() -> None:
    machine = Machine(repacked)
    machine.run(3, 40)
    assert machine.padding.size(3, may_try=False) == 4


def test_what_has_become_dear_is_given_up() -> None:
    """Rows of padding look at every cell; in a long enough text they cost more than they gain."""
    machine = Machine(repacked)
    machine.run(3, 100)
    machine.cost = even
    machine.run(3, 300)
    assert machine.padding.size(3, may_try=False) == 3


def test_what_has_become_cheap_is_found() -> None:
    machine = Machine(even)
    machine.run(3, 500)
    machine.cost = repacked
    machine.run(3, 3000)
    assert machine.padding.size(3, may_try=False) == 4


def test_steps_that_cannot_be_compared_try_nothing() -> None:
    machine = Machine(repacked)
    machine.run(3, 500, may_try=False)
    assert set(machine.sizes) == {3}


def test_off_is_off() -> None:
    machine = Machine(repacked, is_on=False)
    machine.run(3, 500)
    assert set(machine.sizes) == {3}


def test_no_step_has_more_rows_than_can_be() -> None:
    machine = Machine(repacked, limit=6)
    machine.run(5, 500)
    machine.run(7, 20)
    assert max(machine.sizes) == 7
    assert machine.sizes[8] == 0
