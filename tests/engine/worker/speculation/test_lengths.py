"""How many guesses are computed, against every other choice."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.engine.worker.speculation.lengths import (
    CLEARLY_MORE,
    SIZES,
    StepTimes,
    choose_lengths,
)

# Milliseconds by rows: weights in groups of four rows, as Q4_0 has them on x86 (docs/log.md).
STAIRS = {1: 15.8, 2: 28.1, 3: 38.4, 4: 27.1, 5: 39.0, 6: 50.0, 7: 60.0, 8: 49.2}


def falling(rates: list[float]) -> list[float]:
    return list(itertools.accumulate(rates, lambda gain, rate: gain * rate))


def speed(lengths: list[int], gains: list[list[float]], times: dict[int, float]) -> float:
    expected = sum(1 + sum(own[:length]) for own, length in zip(gains, lengths, strict=True))
    return expected / times[len(gains) + sum(lengths)]


@given(
    gains=st.lists(st.lists(st.floats(0.01, 1.0), max_size=3).map(falling), min_size=1, max_size=3),
    times=st.lists(st.floats(0.5, 4.0), min_size=12, max_size=12),
    max_guesses=st.integers(0, 9),
)
def test_no_other_choice_is_better(
    gains: list[list[float]], times: list[float], max_guesses: int
) -> None:
    costs = dict(enumerate(times, start=1))
    chosen = choose_lengths(gains, costs.get, max_guesses)
    assert sum(chosen) <= max_guesses
    plain = speed([0] * len(gains), gains, costs)
    best = max(
        speed(list(lengths), gains, costs)
        for lengths in itertools.product(*(range(len(own) + 1) for own in gains))
        if sum(lengths) <= max_guesses and len(gains) + sum(lengths) in {len(gains), *SIZES}
    )
    if best > CLEARLY_MORE * plain * 1.0001:
        assert speed(chosen, gains, costs) == pytest.approx(best)
    elif best < CLEARLY_MORE * plain * 0.9999:
        assert chosen == [0] * len(gains)


def test_a_sure_copy_fills_a_whole_stair() -> None:
    assert choose_lengths([[1.0] * 7], STAIRS.get, 7) == [7]
    assert choose_lengths([[0.9**n for n in range(1, 8)]], STAIRS.get, 7) == [3]


def test_a_gamble_is_not_worth_a_row() -> None:
    assert choose_lengths([[0.3, 0.1, 0.03]], STAIRS.get, 7) == [0]


def test_where_a_row_more_is_cheaper_any_guess_fills_it() -> None:
    """Three answers take 38 ms and four rows 27 ms."""
    assert choose_lengths([[0.05], [], [0.02]], STAIRS.get, 5) == [1, 0, 0]


def test_guesses_go_to_those_who_repeat_themselves() -> None:
    copying, telling = [0.99**n for n in range(1, 8)], [0.2**n for n in range(1, 8)]
    lengths = choose_lengths([telling, copying], STAIRS.get, 6)
    assert lengths[1] >= 5
    assert lengths[0] <= 1


def test_without_a_cost_of_the_plain_step_nothing_is_guessed() -> None:
    assert choose_lengths([[1.0, 1.0]], {2: 1.0}.get, 5) == [0]


def test_a_size_that_was_never_computed_is_tried_when_the_guess_is_good() -> None:
    only_one = {1: 10.0}
    assert choose_lengths([[0.3]], only_one.get, 5) == [0]
    assert choose_lengths([[0.95**n for n in range(1, 16)]], only_one.get, 15)[0] > 3


@pytest.mark.parametrize(
    ("costs", "eight"),
    [
        ({1: 10.0}, 45.0),  # half a step a row, as nothing is known
        ({1: 10.0, 4: 16.0}, 24.0),  # rows have cost 2 each
        ({1: 10.0, 2: 12.0, 4: 16.0, 6: 17.0}, 19.8),  # 1.4 each in the largest that is known
        ({1: 10.0, 2: 19.0}, 49.0),  # 9 for the second: rows may yet come in groups
        ({1: 10.0, 2: 9.0}, 12.0),  # a lucky moment
        ({1: 10.0, 16: 17.0}, 45.0),  # a larger size says nothing of a smaller one
    ],
)
def test_a_size_that_was_never_computed_costs_what_the_next_smaller_one_leads_to_expect(
    costs: dict[int, float], eight: float
) -> None:
    times = StepTimes(costs.get, 1, costs[1])
    assert [times.seconds(size) for size in (2, 4, 6, 8)][-1] == pytest.approx(eight)
