"""Claims whose verdicts were derived by hand, each with its derivation."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hearth.plan.claims import judge, read_claim


def rows(name: str, kind: str) -> list[dict[str, Any]]:
    text = Path(__file__).with_name(f"{name}.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)[kind]
    return found


CLAIMS = rows("battery", "claim")
MEASURED = rows("measured", "measured")


def test_there_are_enough_of_every_verdict() -> None:
    verdicts = [row["verdict"] for row in CLAIMS]
    assert len(CLAIMS) >= 40
    for verdict in ("impossible", "implausible", "plausible"):
        assert verdicts.count(verdict) >= 10
    assert all(row["why"] for row in CLAIMS)


@pytest.mark.parametrize("row", CLAIMS, ids=[row["text"] for row in CLAIMS])
def test_verdict_is_the_one_derived_by_hand(row: dict[str, Any]) -> None:
    reading = read_claim(row["text"])
    judgement = judge(reading.claim)
    assert judgement.verdict == row["verdict"], judgement.findings
    assert not reading.ignored
    if "bound" in row:
        assert judgement.findings[0].bound == pytest.approx(row["bound"], rel=0.03)


@pytest.mark.parametrize("row", MEASURED, ids=[row["text"] for row in MEASURED])
def test_what_others_measured_is_plausible(row: dict[str, Any]) -> None:
    reading = read_claim(row["text"])
    judgement = judge(reading.claim)
    assert judgement.verdict == "plausible", judgement.findings
    assert not reading.ignored
    assert row["source"]
