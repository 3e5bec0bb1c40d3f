"""Votes on disk: kept as given, never changed, and there after kill -9."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hearth.core import SamplingParams
from hearth.errors import InvalidRequest, NotFound, StoreError
from hearth.store.database import Database
from hearth.store.voted import Contestant, Outcome, Suggestion
from hearth.store.votes import Votes
from support.votes import BEGIN, A, B, C, vote

PROGRAM = """
import sys
from hearth.config import load_config
from hearth.store.database import open_database
from hearth.store.voted import Outcome
from hearth.store.votes import Votes
from support.votes import A, B, vote

kept = Votes(open_database(load_config()))
while True:
    print(kept.add(vote(A, B, Outcome.LEFT), A, B).id, flush=True)
"""


@pytest.fixture
def kept(database: Database) -> Votes:
    return Votes(database)


def test_a_vote_comes_back_as_it_was_given(kept: Votes) -> None:
    given = vote(A, B, Outcome.RIGHT, texts=("Grün.\n", "漢字 👩‍👩‍👧"))
    added = kept.add(given, A, B)
    assert added == replace(given, id=added.id)
    assert kept.list() == [added]
    assert kept.get(added.id) == added


def test_contestants_come_back_with_their_settings(kept: Votes) -> None:
    tuned = Contestant(
        name="tuned",
        model="m",
        system_prompt="Be brief.",
        sampling=SamplingParams(temperature=0.1, logit_bias={5: -1.0}),
    )
    kept.add(vote(tuned, B, Outcome.TIE), tuned, B)
    assert list(kept.contestants()) in ([tuned, B], [B, tuned])
    assert kept.contestants([tuned.key])[0].key == tuned.key


def test_votes_are_found_by_who_took_part(kept: Votes) -> None:
    for left, right in ((A, B), (B, C), (C, A), (B, A)):
        kept.add(vote(left, right, Outcome.LEFT), left, right)
    found = kept.list({A.key, B.key})
    assert [(each.left, each.right) for each in found] == [(A.key, B.key), (B.key, A.key)]
    assert [each.id for each in kept.list()] == [1, 2, 3, 4]
    assert kept.list(until=2) == kept.list()[:2]


def test_a_pair_is_voted_on_once(kept: Votes) -> None:
    given = vote(A, B, Outcome.LEFT)
    kept.add(given, A, B)
    with pytest.raises(InvalidRequest, match="has been voted on"):
        kept.add(replace(given, outcome=Outcome.RIGHT), A, B)
    assert [each.outcome for each in kept.list()] == [Outcome.LEFT]


@pytest.mark.parametrize("change", ["UPDATE votes SET outcome = 'right'", "DELETE FROM votes"])
def test_no_vote_is_changed_or_deleted(kept: Votes, database: Database, change: str) -> None:
    kept.add(vote(A, B, Outcome.LEFT), A, B)
    with (
        pytest.raises(StoreError, match="only added"),
        database.write("bend a vote") as connection,
    ):
        connection.exec_driver_sql(change)
    assert [each.outcome for each in kept.list()] == [Outcome.LEFT]


def test_an_unknown_vote_is_not_found(kept: Votes) -> None:
    with pytest.raises(NotFound, match="no vote 7"):
        kept.get(7)


def test_what_judges_say_is_kept_beside_the_votes(kept: Votes) -> None:
    voted = kept.add(vote(A, B, Outcome.LEFT), A, B)
    said = Suggestion(
        vote_id=voted.id,
        judge=C.key,
        judge_name=C.name,
        made_at=BEGIN + timedelta(hours=1),
        as_shown=Outcome.LEFT,
        exchanged=Outcome.RIGHT,
    )
    kept.suggest(said)
    (found,) = kept.suggestions()
    assert replace(found, id=0) == said
    assert found.verdict is Outcome.TIE
    with pytest.raises(StoreError):
        kept.suggest(said)  # a judge has one opinion of a vote


def test_votes_that_were_kept_survive_kill_9(kept: Votes) -> None:
    tests = str(Path(__file__).parents[1])
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=tests, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    told = [int(program.stdout.readline()) for _ in range(20)]
    program.send_signal(signal.SIGKILL)
    told += [int(line) for line in program.stdout.read().splitlines()]
    program.wait(60)
    program.stdout.close()
    ids = [each.id for each in kept.list()]
    assert ids[: len(told)] == told
    assert len(ids) - len(told) in (0, 1), "one may have been kept, and not told of yet"


def test_the_key_is_of_all_but_the_name() -> None:
    same = replace(A, name="another name")
    assert same.key == A.key
    others = [
        replace(A, model="other"),
        replace(A, identity="0" * 64),
        replace(A, template="t"),
        replace(A, system_prompt="Be brief."),
        replace(A, sampling=SamplingParams(temperature=0.0)),
        replace(A, max_tokens=5),
        replace(A, url="http://127.0.0.1:1"),
    ]
    assert len({each.key for each in (A, *others)}) == len(others) + 1
    renamed_file = replace(A, identity="1" * 64), replace(A, identity="1" * 64, model="elsewhere")
    assert renamed_file[0].key == renamed_file[1].key
