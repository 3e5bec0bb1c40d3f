"""`hearth plan`, `can-run` and `advise`, as a person and as a program sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Hearth

GAMER = "RTX 4090 + 64 GB DDR5-6000 x2"
MODEL = "llama 3.1 8b"


def test_a_plan_is_drawn(hearth: Hearth, own_home: Path) -> None:
    result = hearth("plan", MODEL, "--on", GAMER, "--quant", "Q4_K_M")
    assert result.status == 0
    assert result.out.startswith("FITS")
    for said in ("may take", "tokens/s", "% of it used", "as asked", "instead", "Next"):
        assert said in result.out


def test_too_large_is_no_failure(hearth: Hearth, own_home: Path) -> None:
    result = hearth("plan", "llama 3.1 405b", "--on", "16 GB DDR5-5600 x2")
    assert result.status == 0
    assert result.out.startswith("TOO LARGE")
    assert "lacks" in result.out
    assert "hearth advise" in result.out


def test_a_file_is_planned_here(hearth: Hearth, own_home: Path, pico_path: Path) -> None:
    found = json.loads(hearth("plan", str(pico_path), "--json").out)
    assert found["verdict"] == "fits"
    assert found["choices"]["quantization"]["reason"].startswith("as the file is")
    assert found["missing"]
    assert "hearth machine measure" in found["next"]
    total = sum(share["total_bytes"] for share in found["devices"])
    assert total == pytest.approx(found["memory"]["total"], rel=0.01)


def test_predictions_and_what_became_of_them(hearth: Hearth, own_home: Path) -> None:
    assert json.loads(hearth("plan", "--accuracy", "--json").out) == []
    result = hearth("plan", "--accuracy")
    assert result.status == 0
    assert "Nothing has been compared yet" in result.err


def test_what_a_machine_can_run_is_drawn(hearth: Hearth, own_home: Path) -> None:
    result = hearth("can-run", "--on", GAMER, "--context", "4096")
    assert result.status == 0
    for said in ("TINY", "ENTERPRISE", "Q4_K_M", "sensible", "4,096"):
        assert said in result.out
    rows = json.loads(hearth("can-run", "--on", GAMER, "--json").out)["rows"]
    assert rows[0]["cells"][0]["tokens_per_s"]["likely"] > 0


def test_a_context_is_written_as_people_write_it(hearth: Hearth, own_home: Path) -> None:
    result = hearth("can-run", "--on", GAMER, "--context", "32k")
    assert "32,768" in result.out
    refused = hearth("can-run", "--on", GAMER, "--context", "lots")
    assert refused.status == 2
    assert "8192 and 32k are" in refused.err


def test_advice_is_drawn(hearth: Hearth, own_home: Path) -> None:
    words = ("advise", "--model", MODEL, "--on", "16 GB DDR5-5600 x1")
    result = hearth(*words)
    assert result.status == 0
    for said in ("Now:", "graphics card", "another machine", "Would not help"):
        assert said in result.out
    assert "No prices were entered" in result.err
    priced = hearth(*words, "--price", "RTX 4090=1600", "--budget", "2000", "--currency", "CHF")
    assert "CHF" in priced.out
    assert "1,600" in priced.out
    found = json.loads(hearth(*words, "--json").out)
    assert found["currency"] is None
    assert found["upgrades"][0]["speeds"]["decode"]["estimate"]["likely"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan",), "No model"),
        (("plan", MODEL, "--accuracy"), "--accuracy"),
        (("plan", MODEL, "--for", "fun"), "balanced, fast, long"),
        (("plan", MODEL, "--on", "a toaster"), "toaster"),
        (("can-run", "--min-speed", "-3"), "min_speed"),
        (("advise", "-m", MODEL, "--price", "cheap"), "no price"),
    ],
)
def test_bad_input_says_what_would_do(
    hearth: Hearth, own_home: Path, words: tuple[str, ...], said: str
) -> None:
    result = hearth(*words)
    assert result.status in (1, 2)
    assert said in result.err
