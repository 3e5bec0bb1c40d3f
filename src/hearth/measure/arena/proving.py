"""The board as evidence: who was compared and every vote, so that anybody can count again.

Prompts and answers are not in the record, which is made to be shown to others; they stay in the
database of whoever voted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.arena.ratings import rate
from hearth.measure.arena.standings import win_intervals
from hearth.measure.arena.tallies import counts_of
from hearth.measure.evidence import (
    Draft,
    Figure,
    Ledger,
    Progress,
    Record,
    Subject,
    Table,
    kept_command,
    watch,
)
from hearth.measure.statistics import Interval
from hearth.store.voted import Contestant, Outcome, Vote

KIND = "arena"
RECENT = 50  # records that are looked at for the same board
KEY_CHARS = 8  # of a contestant's key in a command
COLUMNS = ("vote", "left", "right", "outcome", "repeats", "left_chars", "right_chars")
HOW = "Bradley-Terry with ties and places, 90 % of the posterior"


def record_board(
    config: Config,
    ledger: Ledger,
    contestants: Sequence[Contestant],
    votes: Sequence[Vote],
) -> Record:
    """Note what the votes say in the ledger; a board that is there already is returned.

    Args:
        config: Says where Hearth's home is.
        ledger: Takes the record.
        contestants: At least two.
        votes: All between two of them.

    Raises:
        InvalidRequest: There are no votes yet.
        StoreError: The disk did not take it.
    """
    if not votes:
        raise InvalidRequest(
            "There is no vote on these contestants yet, so there is nothing to record.",
            hint="Vote first: hearth arena vote MODEL MODEL",
        )
    rows = tuple(
        (
            vote.id,
            vote.left,
            vote.right,
            vote.outcome.value,
            vote.repeats,
            len(vote.left_answer.text),
            len(vote.right_answer.text),
        )
        for vote in votes
    )
    settings = {
        "contestants": {each.key: _shown(each) for each in contestants},
        "last_vote": max(vote.id for vote in votes),
        "num_votes": len(votes),
    }
    for record in ledger.list(kind=KIND, limit=RECENT):
        if record.settings == settings and not record.is_card:
            return record
    subjects = tuple(map(_subject, contestants))
    return ledger.add(_draft(config, subjects, settings, Table(columns=COLUMNS, rows=rows)))


def replay_board(record: Record, config: Config, progress: Progress) -> Draft:
    """Count a record's votes again; see `hearth.measure.evidence.replay`.

    Raises:
        InvalidRequest: The record has no votes.
    """
    if record.items is None:
        raise InvalidRequest(f"The record {record.id} came without its votes.")
    progress(0, 1, "Counting the votes")
    return _draft(config, record.subjects, record.settings, record.items)


@dataclass(frozen=True, slots=True)
class _Ballot:
    left: str
    right: str
    outcome: Outcome
    repeats: int | None


def _draft(
    config: Config, subjects: tuple[Subject, ...], settings: Mapping[str, Any], items: Table
) -> Draft:
    with watch(config) as watched:
        keys = list(settings["contestants"])
        columns = (items.column(name) for name in COLUMNS[1:5])
        ballots = [
            _Ballot(str(left), str(right), Outcome(str(outcome)), _whole(repeats))
            for left, right, outcome, repeats in zip(*columns, strict=True)
        ]
        wins = win_intervals(rate(counts_of(ballots, keys), len(keys)))
    names = [facts["name"] for facts in settings["contestants"].values()]
    found = sorted(zip(names, wins, strict=True), key=lambda each: -each[1].value)
    return Draft(
        kind=KIND,
        subjects=subjects,
        circumstances=watched.circumstances(),
        summary={f"{name} wins": _figure(interval) for name, interval in found},
        items=items,
        settings=settings,
        command=kept_command(["hearth", "arena", "board", *(key[:KEY_CHARS] for key in keys)]),
        notes=("Blind votes of a person; prompts and answers are not part of the record.",),
    )


def _figure(wins: Interval) -> Figure:
    return Figure(
        value=100 * wins.value,
        low=100 * wins.low,
        high=100 * wins.high,
        unit="%",
        how=HOW,
        within=1e-6,
        higher_is="better",
    )


def _whole(cell: object) -> int | None:
    return int(cell) if isinstance(cell, int) else None


def _subject(contestant: Contestant) -> Subject:
    return Subject(
        name=contestant.name,
        role=contestant.key,
        identity=contestant.identity,
        template=contestant.template,
    )


def _shown(contestant: Contestant) -> dict[str, Any]:
    """Return what others may know: system prompts by their digest, models without folders."""
    prompt = contestant.system_prompt
    return {
        "name": contestant.name,
        "server": contestant.dialect or None,
        "system_prompt": hashlib.sha256(prompt.encode()).hexdigest() if prompt else None,
        "sampling": msgspec.to_builtins(contestant.sampling, str_keys=True),
        "max_tokens": contestant.max_tokens,
    }
