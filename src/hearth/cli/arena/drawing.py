"""The board as a table and as data: every figure with its interval, and the record behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from hearth.cli import console
from hearth.measure.arena import Board, Contestant, Duel, Label
from hearth.measure.statistics import Interval

Evidence = str
MOST_DUELS = 15


def draw_board(board: Board, evidence: Evidence) -> None:
    """Write the board, what may be said of each two, and what is known of the voter."""
    names = {each.contestant.key: each.contestant.name for each in board.standings}
    shown = console.table("", ">wins", ">rating", ">the best", ">won", ">lost", ">tied", ">bad")
    for each in board.standings:
        shown.add_row(
            console.literal(each.contestant.name),
            share(each.wins),
            _rating(each.rating),
            f"{each.p_best:.0%}",
            *(str(n) for n in (each.num_wins, each.num_losses, each.num_ties, each.num_both_bad)),
        )
    out = console.out()
    out.print(shown)
    out.print()
    for duel in board.duels[:MOST_DUELS]:
        out.print(console.literal(duel_line(duel, names)))
    if len(board.duels) > MOST_DUELS:
        out.print(f"and {len(board.duels) - MOST_DUELS} more pairs")
    out.print()
    for line in voter_lines(board):
        out.print(console.literal(line))
    out.print(f"Intervals hold the true figure with 90 %. evidence {evidence}")


def draw_judges(board: Board) -> None:
    """Write how judges agree with the person."""
    for line in _judge_lines(board):
        console.write(f"{line}\n")


def draw_contestants(contestants: Iterable[Contestant]) -> None:
    """Write everybody who was voted on."""
    shown = console.table("key", "name", "model", "where", "settings")
    for each in contestants:
        changed = _changed(each)
        settings = ", ".join(f"{name} {value}" for name, value in changed.items())
        shown.add_row(
            each.key[:8],
            console.literal(each.name),
            console.literal(each.model),
            console.literal(each.url or "here"),
            console.literal(settings),
        )
    console.out().print(shown)


def duel_line(duel: Duel, names: dict[str, str]) -> str:
    """Return what may be said of two contestants, as a sentence."""
    better, worse = names[duel.better], names[duel.worse]
    votes = "1 vote" if duel.num_votes == 1 else f"{duel.num_votes} votes"
    said = {
        Label.TOO_EARLY: "too early to say",
        Label.LEANING: "leaning",
        Label.LIKELY: "likely",
        Label.DECIDED: "decided",
    }[duel.label]
    return (
        f"{better} against {worse}: wins {share(duel.wins)}, better with {duel.p_better:.0%}; "
        f"{said} ({votes} on the two, e-value {duel.e_value:.3g})"
    )


def voter_lines(board: Board) -> list[str]:
    """Return what the votes tell of the voter, a sentence each."""
    lines = [
        f"Votes that count: {board.num_votes}, ties among them: {board.num_ties}. Both bad: "
        f"{board.num_both_bad}. Repeats of an earlier pair: {board.num_repeats}.",
        f"The left side won {share(board.position)} of the votes with a winner.",
    ]
    own = board.self_agreement
    if own is not None:
        lines.append(f"You agree with yourself on {share(own.share)} of {own.num_pairs} repeats.")
    if board.length is not None:
        odds = board.length.odds
        lines.append(
            f"An answer twice as long has {odds.value:.2f} ({odds.low:.2f} to {odds.high:.2f}) "
            "times the odds of winning; ratings are not corrected for it."
        )
    return lines + _judge_lines(board)


def share(interval: Interval) -> str:
    """Return a share with its interval."""
    return f"{interval.value:.0%} ({interval.low:.0%} to {interval.high:.0%})"


def board_data(board: Board, evidence: Evidence) -> dict[str, Any]:
    """Return the board as plain data."""
    standings = [
        {**asdict(each), "contestant": contestant_data(each.contestant)} for each in board.standings
    ]
    return {**asdict(board), "standings": standings, "evidence": evidence}


def contestant_data(contestant: Contestant) -> dict[str, Any]:
    """Return a contestant as plain data, its key among it."""
    return {"key": contestant.key, **asdict(contestant)}


def _rating(rating: Interval) -> str:
    if rating.low == rating.high:  # the anchor's, which the others are measured from
        return f"{rating.value:.0f}"
    return f"{rating.value:.0f} ({rating.low:.0f} to {rating.high:.0f})"


def _judge_lines(board: Board) -> list[str]:
    return [
        f"The judge {each.name} agrees with you on {share(each.agreement.share)} of "
        f"{each.agreement.num_pairs} pairs"
        + (f", kappa {_plain(each.agreement.kappa)}" if each.agreement.kappa else "")
        + f"; it says the same in both orders for {each.consistent:.0%}."
        for each in board.judges
    ]


def _plain(interval: Interval) -> str:
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def _changed(contestant: Contestant) -> dict[str, Any]:
    usual = Contestant(name="", model="")
    found = {
        name: value
        for name, value in asdict(contestant.sampling).items()
        if value != getattr(usual.sampling, name)
    }
    if contestant.max_tokens != usual.max_tokens:
        found["max_tokens"] = contestant.max_tokens
    if contestant.system_prompt:
        found["system"] = repr(contestant.system_prompt[:40])
    return found
