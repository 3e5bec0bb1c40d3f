"""Votes that leave the database: as files, as evidence, and as questions to a judge."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import pytest

from hearth.config import load_config
from hearth.core import Delta, Finished, FinishReason, GenerateEvent, Timings, Usage
from hearth.errors import InvalidRequest
from hearth.measure.arena import (
    Contestant,
    Outcome,
    Prompt,
    export_preferences,
    export_votes,
    judge_votes,
    record_board,
    replay_board,
)
from hearth.measure.arena.judging import verdict_of
from hearth.measure.evidence import Agreement, Ledger, replay
from hearth.store.database import Database
from hearth.store.votes import Votes
from support.votes import A, B, C, vote, votes


@pytest.fixture
def kept(database: Database) -> Votes:
    found = Votes(database)
    for each in votes(A, B, won=4, lost=1, tied=1, bad=1):
        found.add(each, A, B)
    return found


def test_exported_votes_are_whole(kept: Votes) -> None:
    lines = [json.loads(line) for line in export_votes(kept.list(), kept.contestants())]
    assert lines[0] == {"format": "hearth-votes", "version": 1}
    assert {line["key"] for line in lines if "contestant" in line} == {A.key, B.key}
    exported = [line["vote"] for line in lines if "vote" in line]
    assert len(exported) == 7
    assert exported[0]["left_answer"]["text"] == "Because."


def test_preferences_are_the_votes_that_name_a_better_answer() -> None:
    brief = Contestant(name="brief", model="m", system_prompt="Be brief.")
    given = [
        vote(A, B, Outcome.RIGHT, number=1, texts=("bad", "good")),
        vote(brief, B, Outcome.LEFT, number=2, texts=("short", "long")),
        vote(A, B, Outcome.LEFT, number=3, texts=("same", "same")),
        vote(B, A, Outcome.LEFT, number=4, repeats=1),
        *votes(A, B, tied=1, bad=1),
    ]
    by_key = {each.key: each for each in (A, B, brief)}
    first, second = (json.loads(line) for line in export_preferences(given, by_key))
    assert first["prompt"] == [{"role": "user", "content": "Why is the sky blue?"}]
    assert first["chosen"] == [{"role": "assistant", "content": "good"}]
    assert first["rejected"] == [{"role": "assistant", "content": "bad"}]
    assert (first["chosen_by"], first["rejected_by"]) == ("B", "A")
    assert second["prompt"][0] == {"role": "system", "content": "Be brief."}


def test_the_board_becomes_evidence_once(kept: Votes, database: Database) -> None:
    config, ledger = load_config(), Ledger(database)
    record = record_board(config, ledger, (A, B), kept.list())
    assert record_board(config, ledger, (A, B), kept.list()).id == record.id
    assert record.kind == "arena"
    assert record.summary["A wins"].value > 50
    assert record.summary["A wins"].low is not None
    kept.add(vote(A, B, Outcome.LEFT), A, B)
    assert record_board(config, ledger, (A, B), kept.list()).id != record.id
    assert not ledger.verify().problems


def test_evidence_has_every_vote_and_no_words_of_it(kept: Votes, database: Database) -> None:
    secret = Contestant(name="secret", model="/home/me/m.gguf", system_prompt="My secret.")
    kept.add(vote(secret, A, Outcome.LEFT, asked="A secret question?"), secret, A)
    ledger = Ledger(database)
    record = record_board(load_config(), ledger, (A, B, secret), kept.list())
    text, items = ledger.texts(record.id)
    for word in ("My secret", "secret question", "Because", "/home/me"):
        assert word not in text
        assert word not in (items or "")
    found = ledger.get(record.id)
    assert found.items is not None
    assert len(found.items.rows) == 8


def test_votes_of_a_record_are_counted_again(kept: Votes, database: Database) -> None:
    config, ledger = load_config(), Ledger(database)
    record = ledger.get(record_board(config, ledger, (A, B), kept.list()).id)
    again = replay(ledger, record, config, {"arena": replay_board}, lambda done, total, doing: None)
    assert again.comparison.verdict is Agreement.AGREES
    assert again.new.summary["A wins"].value == pytest.approx(record.summary["A wins"].value)


def test_a_board_without_votes_is_no_evidence(database: Database) -> None:
    with pytest.raises(InvalidRequest, match="no vote"):
        record_board(load_config(), Ledger(database), (A, B), [])


class Judge:
    """Prefers the answer that has the word; without it, whatever is called A."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[str] = []

    async def __call__(
        self, contestant: Contestant, prompt: Prompt, seed: int
    ) -> AsyncGenerator[GenerateEvent, None]:
        self.asked.append(prompt.text)
        answers = prompt.text.partition("[Answer A]")[2]
        first, _, second = answers.partition("[Answer B]")
        letter = "B" if self.word in second and self.word not in first else "A"
        yield Delta(text=f" {letter}.", num_tokens=1)
        yield Finished(
            reason=FinishReason.STOP,
            usage=Usage(prompt_tokens=1, completion_tokens=1),
            timings=Timings(queue_s=0, prompt_s=0, decode_s=0),
        )


async def test_a_judge_is_asked_in_both_orders_and_once(database: Database) -> None:
    kept, judge = Votes(database), Judge("splendid")
    kept.add(vote(A, B, Outcome.RIGHT, texts=("bad", "splendid")), A, B)
    kept.add(vote(A, B, Outcome.LEFT, texts=("so", "so")), A, B)
    assert await judge_votes(C, judge, kept) == 2
    assert len(judge.asked) == 4
    second, first = kept.suggestions()  # the newest vote was judged first
    assert (first.as_shown, first.exchanged) == (Outcome.RIGHT, Outcome.RIGHT)
    assert first.verdict is Outcome.RIGHT
    assert (second.as_shown, second.exchanged) == (Outcome.LEFT, Outcome.RIGHT)
    assert second.verdict is Outcome.TIE
    assert await judge_votes(C, judge, kept) == 0
    assert len(kept.list()) == 2, "what a judge says is no vote"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("A", Outcome.LEFT),
        ("**B**", Outcome.RIGHT),
        ("Answer C.", Outcome.TIE),
        ("neither", Outcome.TIE),
        ("", Outcome.TIE),
    ],
)
def test_verdicts_are_read(text: str, outcome: Outcome) -> None:
    assert verdict_of(text) is outcome
