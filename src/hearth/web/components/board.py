"""The arena's board as rows: who stands where, each two against each other, and the voter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from hearth.measure.arena import Agreement, Board, Duel, Label, LengthEffect, Standing
from hearth.measure.statistics import Interval
from hearth.web import figures
from hearth.web.components.roofline_chart import colour_of
from hearth.web.components.whisker import SHARES, whisker
from hearth.web.parts import part

EVEN = 0.5
BADGES = {
    Label.TOO_EARLY: ("", "more"),
    Label.LEANING: ("info", "info"),
    Label.LIKELY: ("info", "check"),
    Label.DECIDED: ("good", "verify"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow:
    """One contestant as it is shown."""

    name: str
    facts: str
    colour: str
    wins: str
    between: str
    drawing: Markup
    rating: str
    best: str
    votes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelRow:
    """Two contestants against each other as they are shown."""

    better: str
    worse: str
    wins: str
    between: str
    drawing: Markup
    label: str
    kind: str
    icon: str
    tip: str
    votes: str


def draw_board(board: Board, colours: Mapping[str, int]) -> Markup:
    """Return the board.

    Args:
        board: What the votes say.
        colours: Number of each contestant's colour, by its key.
    """
    names = {one.contestant.key: one.contestant.name for one in board.standings}
    return part(
        "arena_board",
        standings=[_standing(one, colours) for one in board.standings],
        duels=[_duel(one, names, colours) for one in board.duels],
        anchor=names.get(board.anchor, ""),
        num_votes=board.num_votes,
        facts=list(_facts(board)),
    )


def percent_between(estimate: Interval) -> str:
    """Return what a share lies between, as in `52 to 74 %`."""
    return f"{estimate.low * 100:.0f} to {estimate.high * 100:.0f} %"


def _standing(one: Standing, colours: Mapping[str, int]) -> StandingRow:
    contestant = one.contestant
    colour = colour_of(colours.get(contestant.key, 0))
    told = [contestant.model if contestant.model != contestant.name else "", contestant.url or ""]
    return StandingRow(
        name=contestant.name,
        facts=" · ".join(fact for fact in told if fact),
        colour=colour,
        wins=figures.percent(one.wins.value),
        between=percent_between(one.wins),
        drawing=_whisker(one.wins, colour),
        rating=_rating(one.rating),
        best=figures.percent(one.p_best),
        votes=f"{one.num_wins} · {one.num_ties} · {one.num_losses} · {one.num_both_bad}",
    )


def _rating(rating: Interval) -> str:
    """Return a rating with its interval, which the anchor's has not: it is fixed."""
    if rating.low == rating.high:
        return f"{rating.value:.0f}"
    return f"{rating.value:.0f} ({rating.low:.0f} to {rating.high:.0f})"


def _duel(duel: Duel, names: Mapping[str, str], colours: Mapping[str, int]) -> DuelRow:
    kind, icon = BADGES[duel.label]
    chance = f"{figures.percent(duel.p_better)} likely to be the better one"
    return DuelRow(
        better=names[duel.better],
        worse=names[duel.worse],
        wins=figures.percent(duel.wins.value),
        between=percent_between(duel.wins),
        drawing=_whisker(duel.wins, colour_of(colours.get(duel.better, 0))),
        label=duel.label.value,
        kind=kind,
        icon=icon,
        tip=f"{chance}; evidence against a draw: {duel.e_value:.1f} of 20",
        votes=f"{duel.num_wins} · {duel.num_ties} · {duel.num_losses}",
    )


def _whisker(estimate: Interval, colour: str) -> Markup:
    return whisker(
        SHARES, estimate.value, estimate.low, estimate.high, colour=colour, marks=(EVEN,)
    )


def _facts(board: Board) -> Iterator[tuple[str, str, str]]:
    """Yield what is known of the voting: a word, the figure, and what it means."""
    left = figures.percent(board.position.value)
    yield "The left side wins", left, f"{percent_between(board.position)}; even is 50 %"
    ties = figures.percent(board.tie_share.value)
    between = percent_between(board.tie_share)
    yield "Equally good", ties, f"{between} of the counted votes; {board.num_ties} so far"
    bad = f"{board.num_both_bad} of {board.num_votes + board.num_both_bad}"
    yield "Both bad", bad, "counted for neither"
    yield "You agree with yourself", *_agreement(board.self_agreement, board.num_repeats)
    yield "Longer answers", *_length(board.length)
    for judge in board.judges:
        steady = f"{figures.percent(judge.consistent)} the same in both orders"
        share, between = _agreement(judge.agreement, 0)
        yield f"{judge.name} agrees with you", share, f"{between}; {steady}"


def _agreement(found: Agreement | None, num_repeats: int) -> tuple[str, str]:
    if found is None:
        return "not yet", "some pairs come back the other way round; none has yet"
    pairs = figures.count(found.num_pairs, "pair")
    told = [percent_between(found.share), pairs]
    if found.kappa is not None:
        between = f"{found.kappa.low:.2f} to {found.kappa.high:.2f}"
        told.append(f"kappa {found.kappa.value:.2f} ({between})")
    return figures.percent(found.share.value), "; ".join(told)


def _length(found: LengthEffect | None) -> tuple[str, str]:
    if found is None:
        return "not yet", "too few votes to tell"
    odds = f"{found.odds.value:.2f} times the odds at twice the length"
    between = f"{found.odds.low:.2f} to {found.odds.high:.2f}"
    return figures.percent(found.longer_wins), f"won; {odds} ({between})"
