"""`hearth claim` and `hearth cost`, as a person and as a program sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearth.machine.power import find_sources
from support.command import Hearth

CLAIM = "70B at Q4_K_M, 50 tok/s, dual-channel DDR5-5600"


def test_a_claim_is_judged_with_its_arithmetic(hearth: Hearth) -> None:
    result = hearth("claim", CLAIM)
    assert result.status == 0
    assert result.out.startswith("IMPOSSIBLE")
    for said in ("89.6 GB/s", "38.6 GB", "2.36 tokens/s", "Understood"):
        assert said in result.out


def test_a_claim_as_json(hearth: Hearth) -> None:
    found = json.loads(hearth("claim", CLAIM, "--json").out)
    assert found["verdict"] == "impossible"
    (finding,) = found["findings"]
    assert finding["bound"] == pytest.approx(2.36, rel=0.01)
    assert finding["unit"] == "tokens/s"
    assert finding["estimate"]["low"] < finding["estimate"]["high"] < finding["bound"]
    assert found["not_understood"] == []


def test_a_claim_by_options(hearth: Hearth) -> None:
    words = ("--params", "70B", "--quant", "Q4_K_M", "--speed", "50", "--json")
    found = json.loads(hearth("claim", *words, "--machine", "DDR5-5600 x2").out)
    assert found["verdict"] == "impossible"
    training = ("--params", "7B", "--train", "qlora", "--memory", "8GB", "--json")
    assert json.loads(hearth("claim", *training).out)["verdict"] == "plausible"
    moving = ("--download", "40GB", "--line", "100Mbit/s", "--time", "5min", "--json")
    assert json.loads(hearth("claim", *moving).out)["verdict"] == "impossible"


def test_this_machine_can_be_meant(hearth: Hearth, own_home: object) -> None:
    words = ("--params", "70B", "--quant", "Q4_K_M", "--memory", "8GB", "--here", "--json")
    assert json.loads(hearth("claim", *words).out)["verdict"] == "impossible"
    result = hearth("claim", "70B at 1 tok/s", "--here", "--machine", "RTX 4090")
    assert result.status == 2
    assert "two machines" in result.err


def test_what_is_not_understood_is_shown(hearth: Hearth) -> None:
    result = hearth("claim", "70B at 50 tok/s on unobtainium, an A100")
    assert "Not understood: unobtainium" in result.out
    assert "Note: A100 can be" in result.out
    assert "say the memory bandwidth" in result.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("claim",), "Nothing"),
        (("claim", "--speed", "fast"), "--speed"),
        (("claim", "--train", "magic"), "--train"),
        (("claim", "50 tok/s", "--speed", "60"), "twice"),
        (("claim", "70B", "--machine", "Unobtainium 9000"), "Unobtainium"),
        (("cost", "--speed", "20", "--watts", "60", "--tariff", "-1"), "tariff"),
        (("cost", "--speed", "22-18", "--watts", "60", "--tariff", "1"), "--speed"),
        (("cost", "--speed", "20", "--watts", "lots", "--tariff", "1"), "--watts"),
        (("cost", "--watts", "60", "--tariff", "1"), "--speed is missing"),
        (("cost", "--speed", "60", "--tariff", "1"), "--measure MODEL"),
        (("cost", "--measure", "m", "--speed", "6", "--tariff", "1"), "cannot be entered as well"),
    ],
)
def test_wrong_usage_is_explained(
    hearth: Hearth, own_home: object, words: tuple[str, ...], said: str
) -> None:
    result = hearth(*words)
    assert result.status == 2
    assert said in result.err
    assert "Hint" in result.err


def test_costs_are_reckoned(hearth: Hearth) -> None:
    words = ("--speed", "20", "--watts", "72", "--tariff", "0.3", "--hardware", "1461")
    result = hearth("cost", *words, "--cloud", "10", "--currency", "CHF")
    assert result.status == 0
    for said in ("CHF", "3.6 J", "1 kWh", "0.30", "10.00", "paid for itself"):
        assert said in result.out
    found = json.loads(hearth("cost", *words, "--json").out)
    assert found["cost"]["joules_per_token"]["likely"] == pytest.approx(3.6)
    assert found["cost"]["break_even_days"] is None


@pytest.mark.tiny
def test_speed_is_measured_and_watts_entered(hearth: Hearth, pico_path: Path) -> None:
    words = ("cost", "--measure", str(pico_path), "--watts", "50-70", "--tariff", "0.3")
    result = hearth(*words, "--prompt-ratio", "4")
    assert result.status == 0
    assert "of an answer" in result.out
    assert "the whole machine" in result.out
    assert "Measuring: loading the model" in result.err
    found = json.loads(hearth(*words, "--json").out)
    assert found["energy"]["covers"] == ["machine"]
    assert found["energy"]["answer_speed"]["low"] > 0
    assert found["cost"]["joules_per_token"]["low"] > 0


def test_a_machine_that_tells_no_energy_asks_for_watts(hearth: Hearth) -> None:
    if find_sources().found:
        pytest.skip("this machine tells its energy")
    result = hearth("cost", "--measure", "starter", "--tariff", "0.3")
    assert result.status == 2
    assert "processor:" in result.err
    assert "--watts 90" in result.err


def test_a_cloud_that_is_cheaper_than_electricity_is_said(hearth: Hearth) -> None:
    words = ("cost", "--watts", "300", "--tariff", "0.4", "--cloud", "0.5")
    assert "never pays" in hearth(*words, "--speed", "10").out
    assert "is open" in hearth(*words, "--speed", "50-90").out
