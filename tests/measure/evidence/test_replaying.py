"""Run it again: the replay is a record of its own, names what it repeats, and is compared."""

from __future__ import annotations

import pytest

from hearth.config import Config, load_config
from hearth.errors import InvalidRequest, ModelNotFound
from hearth.measure.evidence import Draft, Ledger, Progress, Record, replay, way_to_replay
from hearth.store.database import Database
from support.evidence import draft


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


def same_again(record: Record, config: Config, progress: Progress) -> Draft:
    progress(1, 2, "Measuring")
    return draft(1, value=record.summary["decode"].value)


def slower(record: Record, config: Config, progress: Progress) -> Draft:
    return draft(1, value=record.summary["decode"].value / 2)


def test_a_replay_that_agrees(ledger: Ledger) -> None:
    told: list[tuple[int, int, str]] = []
    old = ledger.add(draft())

    def progress(done: int, total: int, doing: str) -> None:
        told.append((done, total, doing))

    found = replay(ledger, old, load_config(), {"speed": same_again}, progress)
    assert told == [(1, 2, "Measuring")]
    assert found.comparison.verdict == "agrees"
    assert (found.new.replay_of, found.new.number) == (old.digest, 2)
    assert ledger.get(found.new.id) == found.new
    assert ledger.verify().is_sound


def test_a_replay_that_differs_is_noted_too(ledger: Ledger) -> None:
    old = ledger.add(draft())
    found = replay(ledger, old, load_config(), {"speed": slower}, lambda *_: None)
    assert found.comparison.verdict == "differs"
    assert len(ledger.list()) == 2


def test_a_replay_that_fails_leaves_no_record(ledger: Ledger) -> None:
    def missing(record: Record, config: Config, progress: Progress) -> Draft:
        raise ModelNotFound("The model is not here.")

    old = ledger.add(draft())
    with pytest.raises(ModelNotFound):
        replay(ledger, old, load_config(), {"speed": missing}, lambda *_: None)
    assert len(ledger.list()) == 1


def test_a_kind_that_nothing_can_repeat_is_explained(ledger: Ledger) -> None:
    old = ledger.add(draft(kind="weather"))
    with pytest.raises(InvalidRequest, match=r"'weather' cannot be replayed.*speed") as raised:
        way_to_replay(old, {"speed": same_again})
    assert f"hearth evidence show {old.id}" in (raised.value.hint or "")
