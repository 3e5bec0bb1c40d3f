"""Mean numbers of requests, on a clock that the test moves."""

from __future__ import annotations

import pytest

from hearth.engine.ledger import Crowd, Traffic


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_one_request_is_alone(clock: Clock) -> None:
    traffic = Traffic(clock)
    with traffic.visit() as visit:
        clock.now_s += 2
        visit.begin_writing()
        clock.now_s += 3
        visit.begin_writing()  # the next piece of text
        clock.now_s += 3
        assert visit.crowd() == Crowd(beside_prompt=1, writing=1, reading=0)


def test_means_are_taken_over_time(clock: Clock) -> None:
    traffic = Traffic(clock)
    with traffic.visit() as first:
        clock.now_s += 1
        first.begin_writing()
        clock.now_s += 2
        with traffic.visit() as second:
            clock.now_s += 4
            second.begin_writing()
            clock.now_s += 2
            assert second.crowd() == Crowd(beside_prompt=2, writing=2, reading=0)
        clock.now_s += 2
        crowd = first.crowd()
    assert crowd == Crowd(beside_prompt=1, writing=pytest.approx(1.2), reading=pytest.approx(0.4))
    with traffic.visit() as third:  # all have left
        clock.now_s += 1
        third.begin_writing()
        clock.now_s += 1
        assert third.crowd() == Crowd(beside_prompt=1, writing=1, reading=0)


def test_a_phase_that_took_no_time_has_no_mean(clock: Clock) -> None:
    with Traffic(clock).visit() as visit:
        assert visit.crowd() is None
        visit.begin_writing()
        clock.now_s += 1
        assert visit.crowd() is None


def test_a_request_that_fails_leaves_as_well(clock: Clock) -> None:
    traffic = Traffic(clock)
    with pytest.raises(ZeroDivisionError), traffic.visit():
        raise ZeroDivisionError
    with traffic.visit() as visit:
        clock.now_s += 1
        visit.begin_writing()
        clock.now_s += 1
        assert visit.crowd() == Crowd(beside_prompt=1, writing=1, reading=0)
