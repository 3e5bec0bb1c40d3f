"""What the Arena page draws of the votes: standings, duels, and the voter."""

from __future__ import annotations

from dataclasses import replace

from hearth.measure.arena import Agreement, Board, Duel, Label, LengthEffect, Standing
from hearth.measure.statistics import Interval
from hearth.store.voted import Contestant
from hearth.web.components.board import draw_board

ONE = Contestant(name="one", model="one")
OTHER = Contestant(name="<other>", model="other", url="http://127.0.0.1:1")


def share(value: float) -> Interval:
    """Return a share with an interval."""
    return Interval(value=value, low=value - 0.1, high=value + 0.1, level=0.9, how="made up")


def standing(contestant: Contestant, wins: float) -> Standing:
    """Return where a contestant stands."""
    return Standing(
        contestant=contestant,
        strength=0.0,
        wins=share(wins),
        rating=replace(share(0), value=1000.0, low=950.0, high=1050.0),
        p_best=wins,
        num_votes=9,
        num_wins=4,
        num_losses=2,
        num_ties=2,
        num_both_bad=1,
    )


def board(**changes: object) -> Board:
    """Return a board of two."""
    duel = Duel(
        better=ONE.key,
        worse=OTHER.key,
        wins=share(0.7),
        p_better=0.92,
        num_votes=8,
        num_wins=4,
        num_losses=2,
        num_ties=2,
        e_value=3.2,
        label=Label.LEANING,
    )
    made = Board(
        standings=(standing(ONE, 0.7), standing(OTHER, 0.3)),
        duels=(duel,),
        anchor=ONE.key,
        position=share(0.5),
        tie_share=share(0.2),
        num_votes=8,
        num_ties=2,
        num_both_bad=1,
        num_repeats=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_win_has_its_interval_and_a_label() -> None:
    html = draw_board(board(), {ONE.key: 0, OTHER.key: 1})
    assert "70 %" in html
    assert "60 to 80 %" in html
    assert 'data-label-of="leaning"' in html
    assert "3.2 of 20" in html
    assert "1000 (950 to 1050)" in html
    assert "var(--series-2)" in html


def test_names_are_shown_as_text() -> None:
    html = draw_board(board(), {})
    assert "<other>" not in html
    assert "&lt;other&gt;" in html


def test_what_is_not_known_of_the_voter_is_said() -> None:
    html = draw_board(board(), {})
    assert "none has yet" in html
    assert "too few votes to tell" in html


def test_what_is_known_of_the_voter_is_said() -> None:
    agreement = Agreement(share=share(0.8), kappa=None, num_pairs=5)
    length = LengthEffect(odds=share(1.5), longer_wins=0.6, num_votes=8)
    html = draw_board(board(self_agreement=agreement, length=length, num_repeats=5), {})
    assert "5 pairs" in html
    assert "1.50 times the odds" in html
