"""Claims whose verdicts were derived by hand, each with its derivation."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hearth.plan.claims import judge, read_claim

CLAIMS = tomllib.loads(Path(__file__).with_name("battery.toml").read_text("utf-8"))["claim"]


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
