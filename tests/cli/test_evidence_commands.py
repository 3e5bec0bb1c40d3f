"""`hearth evidence`: drawn for people, JSON for programs, cards in and out."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.measure.evidence import Record, open_ledger
from support.command import Hearth
from support.evidence import ITEMS, PICO, circumstances, draft


@pytest.fixture
def kept() -> list[Record]:
    """Three records: a speed, the same slower on another machine, and a truth of another model."""
    with open_ledger(load_config()) as ledger:
        return [
            ledger.add(draft(items=ITEMS, notes=("two [bold]words[/bold]\x1b[31m",))),
            ledger.add(draft(1, value=40.0, circumstances=circumstances(machine="another"))),
            ledger.add(draft(2, kind="truth", subjects=(replace(PICO, name="Bär"),))),
        ]


def test_an_empty_ledger_says_what_fills_it(hearth: Hearth) -> None:
    listed = hearth("evidence")
    assert listed.status == 0
    assert "hearth bench" in listed.err


def test_records_are_listed_the_newest_first(hearth: Hearth, kept: list[Record]) -> None:
    lines = hearth("evidence", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [record.id for record in kept[::-1]]
    assert "57.3 tokens/s (56.8 to 57.9)" in lines[-1]
    assert hearth("evidence").out == hearth("evidence", "list").out

    def ids(*words: str) -> list[str]:
        return [each["id"] for each in json.loads(hearth("evidence", "list", *words, "--json").out)]

    assert ids("--kind", "truth") == [kept[2].id]
    assert ids("--subject", "bär") == [kept[2].id]
    assert ids("another") == [kept[1].id]
    assert ids("--limit", "1") == [kept[2].id]
    assert ids("nothing", "like", "it") == []


def test_a_record_is_shown_whole(hearth: Hearth, kept: list[Record]) -> None:
    shown = hearth("evidence", "show", kept[0].id)
    assert shown.status == 0
    for words in (
        "57.3 tokens/s",
        "56.8 to 57.9",
        "one run",
        "median of 5 runs",
        "more is better",
        PICO.digest,
        PICO.template,
        "[512,1024]",
        "Test CPU, 2 threads",
        "0.25 before, 2.00 after",
        "2026-11-22 07:30:00 UTC",
        kept[0].digest,
        "hearth bench speed pico",
        f"hearth evidence replay {kept[0].id}",
        "two [bold]words[/bold]",
    ):
        assert words in shown.out, words
    assert "\x1b" not in shown.out
    assert "--items` shows 2 items" in shown.err
    assert "Is ice cold?" not in shown.out
    assert "Is ice cold?" in hearth("evidence", "show", kept[0].id, "--items").out


def test_json_has_every_field(hearth: Hearth, kept: list[Record]) -> None:
    data = json.loads(hearth("evidence", "show", kept[0].id[:6], "--json").out)
    assert data["id"] == kept[0].id
    assert data["summary"]["decode"]["low"] == 56.8
    assert data["repeats"]["decode"] == [56.8, 57.3, 57.9]
    assert data["items"]["rows"][1] == ["Çe <b>n'est</b> 木", 1, False, "odd"]
    assert data["circumstances"]["machine"] == "0123456789abcdef"


def test_an_id_that_is_none_is_explained(hearth: Hearth, kept: list[Record]) -> None:
    wrong = hearth("evidence", "show", "latest")
    assert (wrong.status, wrong.out) == (2, "")
    assert "no id of a record" in wrong.err
    assert "hearth evidence list" in wrong.err
    assert hearth("evidence", "show", "0000000").status == 1


def test_two_records_are_compared(hearth: Hearth, kept: list[Record]) -> None:
    shown = hearth("evidence", "diff", kept[0].id, kept[1].id)
    assert shown.status == 0
    assert shown.out.startswith("DIFFERS")
    assert "-30.2%" in shown.out
    assert "another" in shown.out
    data = json.loads(hearth("evidence", "diff", kept[0].id, kept[1].id, "--json").out)
    assert data["verdict"] == "differs"
    assert data["differences"]["machine"] == ["0123456789abcdef", "another"]


def test_the_ledger_is_verified(hearth: Hearth, kept: list[Record], own_home: Path) -> None:
    sound = hearth("evidence", "verify")
    assert sound.status == 0
    assert "3 records and 0 cards" in sound.out
    assert kept[-1].digest in sound.out
    with closing(sqlite3.connect(own_home / "hearth.db")) as connection:
        connection.execute("DROP TRIGGER evidence_is_only_added_UPDATE")
        connection.execute("UPDATE evidence SET text = replace(text, '57.3', '75.3')")
        connection.commit()
    spoiled = hearth("evidence", "verify")
    assert spoiled.status == 1
    assert "record 1" in spoiled.out
    assert "its text was changed" in spoiled.out
    assert "backups" in spoiled.err
    data = json.loads(hearth("evidence", "verify", "--json").out)
    assert data["is_sound"] is False
    shown = hearth("evidence", "show", kept[0].id)
    assert shown.status == 1
    assert "not what was written" in shown.err
    assert "Warning: Record 1 is not shown" in hearth("evidence", "list").err


@pytest.mark.parametrize("ending", ["md", "json", "svg"])
def test_a_card_goes_to_a_fresh_home(
    hearth: Hearth, kept: list[Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    card = tmp_path / f"card.{ending}"
    assert hearth("evidence", "export", kept[0].id, str(card)).status == 0
    here = hearth("evidence", "verify", str(card))
    assert "it stands in this ledger" in here.out

    monkeypatch.setenv("HEARTH_HOME", str(tmp_path / "fresh"))
    checked = json.loads(hearth("evidence", "verify", str(card), "--json").out)
    assert checked == [{"file": str(card), "digest": kept[0].digest, "in_this_ledger": False}]
    imported = hearth("evidence", "import", str(card))
    assert imported.status == 0
    assert f"evidence {kept[0].id}: speed of pico, imported" in imported.out
    assert "is not here" in imported.err  # the model
    assert "here already" in hearth("evidence", "import", str(card)).out
    assert "a card from elsewhere" in hearth("evidence", "show", kept[0].id).out
    assert "(card)" in hearth("evidence", "list").out
    assert "0 records and 1 cards" in hearth("evidence", "verify").out


def test_a_changed_card_is_refused(hearth: Hearth, kept: list[Record], tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text(hearth("evidence", "export", kept[0].id).out.replace("57.3", "75.3"))
    for command in ("verify", "import"):
        refused = hearth("evidence", command, str(card))
        assert refused.status == 2
        assert "changed after it was exported" in refused.err
    assert hearth("evidence", "export", kept[0].id, str(tmp_path / "card.pdf")).status == 2


def test_what_cannot_be_replayed_is_explained(hearth: Hearth, kept: list[Record]) -> None:
    with open_ledger(load_config()) as ledger:
        weather = ledger.add(draft(kind="weather"))
    for words in ((), ("--dry-run",)):
        refused = hearth("evidence", "replay", weather.id, *words)
        assert refused.status == 2
        assert "'weather' cannot be replayed" in refused.err
    missing = hearth("evidence", "replay", kept[0].id, "--dry-run")
    assert missing.status == 1
    assert "other bytes would be another model" in missing.err
