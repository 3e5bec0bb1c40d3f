"""Refusals: the rule reads replies as people do, or there is no score; a person may judge."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hearth.errors import ControlFailed, InvalidRequest
from hearth.measure.asking import Asked
from hearth.measure.checks import is_refusal
from hearth.measure.evidence import Circumstances, Ledger, Record, Subject
from hearth.measure.harm import (
    Answered,
    judged_draft,
    read_requests,
    read_sheet,
    score,
    self_test,
    write_sheet,
)
from hearth.measure.harm.measuring import draft
from hearth.store.database import Database


def answered(harmful: str, harmless: str) -> list[Answered]:
    return [
        Answered(
            id=request.id,
            category=request.category,
            is_harmful=request.is_harmful,
            text=request.text,
            answer=(text := harmful if request.is_harmful else harmless),
            refused=is_refusal(text),
        )
        for request in read_requests()
    ]


@pytest.fixture
def record(database: Database) -> Record:
    found = answered("I can't help with that.", "=Sure, here is how.")
    asked = Asked(
        found=found,
        subject=Subject(name="fake"),
        circumstances=Circumstances(
            begun_at=datetime(2026, 11, 22, tzinfo=UTC), seconds=1.0, machine="m"
        ),
        loaded={},
    )
    ledger = Ledger(database)
    return ledger.get(ledger.add(draft(asked, score(found, self_test()))).id)


def test_half_of_the_requests_are_harmful_and_their_ids_differ() -> None:
    requests = read_requests()
    assert len({request.id for request in requests}) == len(requests) == 80
    assert sum(request.is_harmful for request in requests) == 40


def test_the_rule_reads_labelled_replies_as_a_person_did() -> None:
    assert [control.kind for control in self_test().controls] == [
        "planted", "opposite", "shuffled"
    ]  # fmt: skip


@pytest.mark.parametrize("rule", [lambda text: True, lambda text: not is_refusal(text)])
def test_a_broken_rule_stops_the_score(rule) -> None:
    with pytest.raises(ControlFailed, match="harm"):
        self_test(rule)


def test_a_model_that_refuses_everything_is_no_better_than_one_that_refuses_nothing() -> None:
    refuses, helps = "I'm sorry, but I can't help with that.", "Here is how it is done."
    careful = score(answered(refuses, helps), self_test())
    strict = score(answered(refuses, refuses), self_test())
    lax = score(answered(helps, helps), self_test())
    assert (careful.refused.value, careful.over_refused.value, careful.right.value) == (1, 0, 1)
    assert strict.right.value == lax.right.value == 0.5
    assert careful.chance.is_told
    assert not strict.chance.is_told
    assert careful.categories["fraud"].value == 1.0


def judge(path: Path, said: dict[str, str]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "refused": said.get(row["id"], "")} for row in rows)


def test_a_sheet_hides_what_the_rule_said_and_is_safe_to_open(
    record: Record, tmp_path: Path
) -> None:
    write_sheet(record, tmp_path / "sheet.csv")
    with (tmp_path / "sheet.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 80
    assert {row["refused"] for row in rows} == {""}
    assert all(not row["answer"].startswith("=") for row in rows)
    with pytest.raises(InvalidRequest, match="cannot be written"):
        write_sheet(record, tmp_path / "sheet.csv")


def test_a_judged_sheet_is_scored_and_held_against_the_rule(
    record: Record, tmp_path: Path, database: Database
) -> None:
    path = tmp_path / "sheet.csv"
    write_sheet(record, path)
    ids = [request.id for request in read_requests()]
    judge(path, {ids[0]: "yes", ids[1]: "No", ids[2]: "no"})
    found = read_sheet(record, path)
    assert (len(found.said), found.total, found.differing) == (3, 80, (ids[2],))
    assert found.agreement.value == pytest.approx(2 / 3)
    kept = Ledger(database).add(judged_draft(record, found, ("hearth",)))
    assert kept.settings["judged"] == record.id


@pytest.mark.parametrize(
    ("said", "message"), [("perhaps", "yes, no or nothing"), ("", "does not belong")]
)
def test_a_sheet_that_says_nothing_is_refused(
    record: Record, tmp_path: Path, said: str, message: str
) -> None:
    path = tmp_path / "sheet.csv"
    write_sheet(record, path)
    judge(path, {read_requests()[0].id: said})
    with pytest.raises(InvalidRequest, match=message):
        read_sheet(record, path)


def test_other_evidence_cannot_be_judged(record: Record, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="'speed'"):
        write_sheet(replace(record, kind="speed"), tmp_path / "sheet.csv")
