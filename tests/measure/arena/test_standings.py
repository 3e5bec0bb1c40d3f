"""The board: finite and fair on every set of votes, and careful with words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from hearth.measure.arena import Board, Label, Outcome, Side
from hearth.measure.arena.standings import label_of, make_board
from hearth.measure.arena.voters import agreement
from hearth.store.voted import Suggestion, Vote
from support.votes import BEGIN, A, B, C, D, vote, votes

ALL = (A, B, C, D)


def numbers(value: Any) -> Iterator[float]:
    """Yield every number of a value made of dataclasses."""
    if isinstance(value, float | int):
        yield float(value)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from numbers(getattr(value, each.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from numbers(item)


def many_votes() -> list[Vote]:
    random = np.random.default_rng(2)
    found = []
    for number in range(1, 10_001):
        left, right = (ALL[index] for index in random.permutation(4)[:2])
        outcome = list(Outcome)[int(random.integers(4))]
        found.append(vote(left, right, outcome, number=number))
    return found


SETS: dict[str, list[Vote]] = {
    "none": [],
    "one": [vote(A, B, Outcome.LEFT, number=1)],
    "one that finds both bad": [vote(A, B, Outcome.BOTH_BAD, number=1)],
    "ties": votes(A, B, tied=200),
    "apart": votes(A, B, won=5) + votes(C, D, lost=5, start=6),
    "a streak": votes(A, B, won=2000),
    "ten thousand": many_votes(),
}


@pytest.mark.parametrize("name", SETS)
def test_every_figure_of_every_board_is_finite(name: str) -> None:
    board = make_board(ALL, SETS[name])
    assert all(math.isfinite(number) for number in numbers(board))
    assert sum(each.p_best for each in board.standings) == pytest.approx(1)
    assert len(board.duels) == 6
    for each in (*board.standings, *board.duels):
        assert 0 < each.wins.low <= each.wins.value <= each.wins.high < 1


def test_the_order_of_votes_makes_no_difference() -> None:
    given = votes(A, B, won=6, lost=2) + votes(B, C, won=3, tied=2, start=9)
    assert make_board(ALL, given) == make_board(ALL, given[::-1])


def test_a_board_that_is_looked_at_again_is_the_same() -> None:
    given = votes(A, B, won=6, lost=2)
    assert make_board(ALL, given) == make_board(ALL, given)


def test_wins_losses_ties_and_both_bad_are_counted_apart() -> None:
    given = votes(A, B, won=3, lost=2, tied=1, bad=4)
    given.append(vote(B, A, Outcome.LEFT, number=99, repeats=1))
    board = make_board((A, B), given)
    (first, second) = board.standings
    assert (first.num_wins, first.num_losses, first.num_ties, first.num_both_bad) == (3, 2, 1, 4)
    assert (second.num_wins, second.num_losses) == (2, 3)
    assert (board.num_votes, board.num_ties, board.num_both_bad, board.num_repeats) == (6, 1, 4, 1)
    assert board.last_vote == 99


def test_who_joins_moves_nobody_against_the_anchor() -> None:
    given = votes(A, B, won=6, lost=2)
    before = make_board((A, B), given, anchor=B.key)
    after = make_board((A, B, C), given, anchor=B.key)
    ratings = [
        {each.contestant.name: each.rating.value for each in board.standings}
        for board in (before, after)
    ]
    assert ratings[0]["B"] == ratings[1]["B"] == 1000
    assert ratings[0]["A"] == pytest.approx(ratings[1]["A"])


def test_a_duel_is_seen_from_the_better_one() -> None:
    board = make_board((A, B), votes(A, B, won=2, lost=9, tied=1))
    (duel,) = board.duels
    assert (duel.better, duel.worse) == (B.key, A.key)
    assert (duel.num_wins, duel.num_losses, duel.num_ties, duel.num_votes) == (9, 2, 1, 12)
    assert duel.wins.value > 0.5
    assert board.duel(A.key, B.key) is duel


@pytest.mark.parametrize(
    ("p_better", "num_votes", "num_ahead", "evidence", "label"),
    [
        (0.99, 7, 7, 19.0, Label.TOO_EARLY),
        (0.89, 40, 3, 1.0, Label.TOO_EARLY),
        (0.90, 8, 4, 3.0, Label.LEANING),
        (0.97, 8, 5, 5.0, Label.LIKELY),
        (0.999, 30, 20, 20.0, Label.DECIDED),
        (0.90, 90, -30, 40.0, Label.LEANING),
    ],
)
def test_labels(
    p_better: float, num_votes: int, num_ahead: int, evidence: float, label: Label
) -> None:
    assert label_of(p_better, num_votes, num_ahead, evidence) is label


def repeated(pairs: list[tuple[Outcome, Outcome]]) -> list[Vote]:
    """Return votes and their repeats, the repeats given as they read with the sides exchanged."""
    found = []
    for number, (first, second) in enumerate(pairs):
        found.append(vote(A, B, first, number=2 * number + 1))
        found.append(vote(B, A, second, number=2 * number + 2, repeats=2 * number + 1))
    return found


def test_agreeing_with_oneself_is_seen_through_exchanged_sides() -> None:
    steady = [(Outcome.LEFT, Outcome.RIGHT), (Outcome.TIE, Outcome.TIE)]
    fond_of_a_side = [(Outcome.LEFT, Outcome.LEFT), (Outcome.RIGHT, Outcome.RIGHT)]
    found = [
        make_board((A, B), repeated(pairs)).self_agreement for pairs in (steady, fond_of_a_side)
    ]
    assert [each.share.value for each in found if each] == [1.0, 0.0]


def test_kappa_is_agreement_beyond_chance() -> None:
    left, right = Outcome.LEFT, Outcome.RIGHT
    by_hand = [(left, left)] * 20 + [(left, right)] * 5 + [(right, left)] * 10
    found = agreement(by_hand + [(right, right)] * 15)
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(0.4)  # Cohen's own example of this table
    assert found.kappa.holds(0.4)
    assert agreement([(left, left)] * 5).kappa is None


def test_a_judge_that_changes_its_mind_says_tie() -> None:
    given = votes(A, B, won=2, tied=1)
    said = [
        Suggestion(
            vote_id=each.id,
            judge="j",
            judge_name="judge",
            made_at=BEGIN,
            as_shown=each.outcome if index == 0 else Outcome.LEFT,
            exchanged=each.outcome if index == 0 else Outcome.RIGHT,
        )
        for index, each in enumerate(given)
    ]
    (judge,) = make_board((A, B), given, suggestions=said).judges
    assert judge.agreement.num_pairs == 3
    assert judge.agreement.share.value == pytest.approx(2 / 3)
    assert judge.consistent == pytest.approx(1 / 3)


def length_votes(longer_wins: float, count: int) -> list[Vote]:
    """Return votes on equals of which this part goes to the longer answer."""
    found = []
    for number in range(count):
        long_side = Side.LEFT if number % 2 else Side.RIGHT
        winner = long_side if number < longer_wins * count else long_side.other
        texts = ("word " * 40, "word " * 20)
        found.append(
            vote(
                *((A, B) if number % 4 < 2 else (B, A)),
                Outcome(winner.value),
                number=number + 1,
                texts=texts if long_side is Side.LEFT else texts[::-1],
            )
        )
    return found


def test_length_that_wins_is_told() -> None:
    def effect(board: Board) -> float:
        assert board.length is not None
        assert board.length.odds.low < board.length.odds.value < board.length.odds.high
        return board.length.odds.value

    fond, fair = (make_board((A, B), length_votes(part, 80)) for part in (0.75, 0.5))
    assert effect(fond) > 1.8
    assert effect(fair) == pytest.approx(1, abs=0.2)
    assert fond.length is not None
    assert fond.length.longer_wins == pytest.approx(0.75)
    assert fond.length.odds.low > 1


def test_a_few_votes_say_nothing_of_length() -> None:
    assert make_board((A, B), length_votes(1.0, 19)).length is None


def test_a_better_author_of_longer_answers_is_not_taken_for_length() -> None:
    """B writes longer and is better; with its strength given, length has little left to explain."""
    given = [
        replace(
            each,
            left_answer=replace(each.left_answer, text="w" * (200 if each.left == B.key else 100)),
            right_answer=replace(
                each.right_answer, text="w" * (200 if each.right == B.key else 100)
            ),
        )
        for each in votes(B, A, won=45, lost=15)
    ]
    board = make_board((A, B), given)
    assert board.length is not None
    assert board.length.longer_wins == 0.75
    assert board.length.odds.value < 2
