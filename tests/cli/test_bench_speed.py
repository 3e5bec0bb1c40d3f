"""`hearth bench speed` and `compare`, from a pico model to evidence that can be replayed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.measure.evidence import Ledger, replay
from hearth.measure.kinds import REPLAYS
from hearth.store.database import Database
from support.command import Hearth

QUICK = ("--prompt", "24", "--answer", "4")


@pytest.mark.tiny
def test_a_models_speed_becomes_evidence(
    hearth: Hearth, pico_path: Path, database: Database
) -> None:
    ran = hearth(
        "bench",
        "speed",
        str(pico_path),
        *QUICK,
        "--repeats",
        "2",
        "--clients",
        "2",
        "--load-seconds",
        "1",
    )
    assert ran.status == 0, ran.err
    for words in ("time to first token", "prompt", "decode", "gap p99", "2 at once", "tokens/s"):
        assert words in ran.out
    ledger = Ledger(database)
    record = ledger.get(ran.out.split()[-1])
    assert record.kind == "speed"
    assert len(record.subjects[0].digest) == 64
    assert record.settings["threads"]
    assert str(pico_path.parent) not in json.dumps(record.settings)
    again = replay(ledger, record, load_config(), REPLAYS, lambda *step: None)
    assert again.new.replay_of == record.digest
    assert again.new.settings == record.settings
    assert again.comparison.figures


@pytest.mark.tiny
def test_a_model_against_itself_gets_no_verdict_from_two_blocks(
    hearth: Hearth, pico_path: Path
) -> None:
    name = str(pico_path)
    ran = hearth("bench", "compare", name, name, *QUICK, "--blocks", "2")
    assert ran.status == 0, ran.err
    assert ran.out.count("cannot tell yet; some") == 2
    assert "evidence " in ran.out


@pytest.mark.tiny
def test_verdicts_are_data_too(hearth: Hearth, pico_path: Path) -> None:
    name = str(pico_path)
    ran = hearth("bench", "compare", name, name, *QUICK, "--blocks", "2", "--json")
    found = json.loads(ran.out)
    assert found["verdicts"]["decode"]["verdict"] == "cannot tell yet"
    assert found["verdicts"]["decode"]["more_needed"] > 0
    assert found["record"]["kind"] == "compare"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("speed", "no-such-model"), 1, "no-such-model"),
        (("speed", "http://127.0.0.1:9"), 2, "names no model"),
        (("speed", "starter", "--repeats", "0"), 2, "--repeats is 0"),
        (("compare", "starter", "starter", "--blocks", "1"), 2, "--blocks is 1"),
        (("speed", "http://h#m", "--key-from", "NOT_SET_ANYWHERE"), 2, "is not set"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    hearth: Hearth, words: tuple[str, ...], status: int, said: str
) -> None:
    refused = hearth("bench", *words)
    assert (refused.status, refused.out) == (status, "")
    assert said in refused.err
