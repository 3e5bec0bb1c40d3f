"""The front and the sensible choice, on made-up points."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.measure.evidence import Figure
from hearth.measure.quants import QuantPoint, choose, mark_front
from hearth.measure.quants.choice import few_rounds


def point(
    name: str, size: int, seconds: float, distance: float, *, half: float = 0.001
) -> QuantPoint:
    is_reference = name == "base"
    ends = {} if is_reference else {"low": distance - half, "high": distance + half}
    speed = Figure(value=100 / seconds, unit="tokens/s")
    return QuantPoint(
        name=name,
        quantization=name,
        is_reference=is_reference,
        is_requantized=False,
        size_bytes=size,
        prompt=speed,
        decode=speed,
        request=Figure(value=seconds, unit="s"),
        distance=Figure(value=distance, **ends),
        same_top=Figure(value=1 - distance),
    )


def rounds(points: list[QuantPoint], *, noise: float = 0.01, count: int = 10) -> dict:
    """Return seconds of each round; what disturbs one meets all."""
    draw = random.Random(1)
    common = [1 + 0.5 * draw.random() for _ in range(count)]
    return {
        one.name: [
            one.request.value * each * (1 + noise * (draw.random() - 0.5)) for each in common
        ]
        for one in points
    }


BASE = point("base", 200, 2.0, 0.0)
Q8 = point("Q8_0", 110, 1.2, 0.001)
Q4 = point("Q4_0", 60, 0.7, 0.06)
Q2 = point("Q2_K", 40, 0.6, 0.5)
BAD = point("Q5_1", 80, 1.5, 0.08)


def test_what_another_beats_in_every_way_is_not_on_the_front() -> None:
    marked = {one.name: one.is_on_front for one in mark_front([BASE, Q8, Q4, Q2, BAD])}
    assert marked == {"base": True, "Q8_0": True, "Q4_0": True, "Q2_K": True, "Q5_1": False}


def test_the_fastest_that_is_close_enough_is_sensible() -> None:
    points = [BASE, Q8, Q4, Q2]
    choice = choose(points, rounds(points), limit=0.1)
    assert (choice.name, choice.out) == ("Q4_0", ("Q2_K",))
    assert "2.86 times as fast as the reference" in choice.reason
    assert "0.06 nats per token" in choice.reason
    assert "94.0%" in choice.reason
    assert "1 of 4 are further off" in choice.reason


def test_a_stricter_limit_takes_a_closer_one() -> None:
    points = [BASE, Q8, Q4, Q2]
    assert choose(points, rounds(points), limit=0.01).name == "Q8_0"


def test_the_upper_end_of_the_distance_counts() -> None:
    unsure = point("Q4_0", 60, 0.7, 0.09, half=0.02)
    points = [BASE, Q8, unsure]
    assert choose(points, rounds(points), limit=0.1).name == "Q8_0"


def test_of_two_that_cannot_be_told_apart_in_speed_the_closer_one_is_taken() -> None:
    twin = replace(Q4, name="Q4_K", distance=Figure(value=0.03, low=0.029, high=0.031))
    points = [BASE, Q4, twin]
    choice = choose(points, rounds(points, noise=0.1), limit=0.1)
    assert (choice.name, choice.as_fast) == ("Q4_K", ("Q4_0",))
    alike = choose(points, rounds(points, noise=0.001), limit=0.1)
    assert alike.name == "Q4_K"


def test_the_reference_stays_where_nothing_close_is_faster() -> None:
    slow = point("Q8_0", 110, 3.0, 0.001)
    points = [BASE, slow, Q2]
    choice = choose(points, rounds(points), limit=0.1)
    assert choice.name == "base"
    assert "none that is close enough is faster" in choice.reason


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=8
    )
)
def test_the_front_is_never_empty_and_beats_all_that_is_not_on_it(
    costs: list[tuple[int, int, int]],
) -> None:
    points = mark_front([point(f"p{n}", a, b, c) for n, (a, b, c) in enumerate(costs)])
    front = [cost for cost, one in zip(costs, points, strict=True) if one.is_on_front]
    assert front
    for cost, one in zip(costs, points, strict=True):
        beaten = any(
            other != cost and all(x <= y for x, y in zip(other, cost, strict=True))
            for other in front
        )
        assert beaten != one.is_on_front


@pytest.mark.parametrize("limit", [0.0, 100.0])
def test_any_limit_leaves_a_choice(limit: float) -> None:
    points = [BASE, Q8, Q4, Q2, BAD]
    assert choose(points, rounds(points), limit=limit).name in {one.name for one in points}


def test_rounds_that_are_too_few_to_tell_anything_are_said_to_be() -> None:
    assert few_rounds(8) == ()
    (note,) = few_rounds(7)
    assert "--rounds 8" in note
