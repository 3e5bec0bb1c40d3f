"""Advice on upgrades: capacity first, then bandwidth, at prices that were entered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hearth.errors import InvalidRequest
from hearth.machine.describe import describe_machine
from hearth.plan.advise import Advice, advise, parse_prices, read_prices, upgrades
from hearth.plan.choose.published import published_subject

ONE_MODULE = "16 GB DDR5-5600 x1"


def advice(model: str, machine: str, **more: Any) -> Advice:
    return advise(published_subject(model), describe_machine(machine), **more)


def test_what_does_not_fit_needs_capacity_first() -> None:
    found = advice("Llama-3.1-70B", ONE_MODULE)
    assert not found.now.fits
    assert all(row.offer.fits and row.gain is None for row in found.rows)
    assert all(row.lifts.startswith("capacity") for row in found.rows)
    (memory,) = found.of_kind("main memory")
    assert memory.name == "48 GB of main memory"  # the least that suffices


def test_what_fits_needs_bandwidth() -> None:
    found = advice("Llama-3.1-8B", ONE_MODULE)
    module = found.of_kind("main memory")[0]
    assert "second module" in module.name
    assert module.gain == pytest.approx(2.0, rel=0.05)
    card = next(row for row in found.rows if row.name == "NVIDIA GeForce RTX 4090")
    assert card.lifts == "bandwidth: all weights at 1.01 TB/s"
    assert "RTX 4090" in card.next_limit
    assert any(sentence.startswith("More main memory") for sentence in found.useless)
    assert any("answers wait for memory" in sentence for sentence in found.useless)


def test_rows_are_ranked_by_speed() -> None:
    speeds = [row.tokens_per_s for row in advice("Llama-3.1-8B", ONE_MODULE).rows]
    assert speeds == sorted(speeds, reverse=True)


def test_no_more_cards_than_are_needed() -> None:
    names = [row.name for row in advice("Llama-3.1-8B", ONE_MODULE).rows]
    assert "NVIDIA GeForce RTX 4090" in names
    assert "2 x NVIDIA GeForce RTX 4090" not in names


def test_a_budget_drops_what_costs_more_and_puts_known_prices_first() -> None:
    prices = parse_prices(["RTX 4090=1600", "RTX 3090=700"])
    found = advice("Llama-3.1-8B", ONE_MODULE, budget=1000.0, prices=prices)
    assert found.rows[0].name == "NVIDIA GeForce RTX 3090"
    assert found.rows[0].price == 700
    assert "NVIDIA GeForce RTX 4090" not in [row.name for row in found.rows]
    assert found.over_budget == 1
    assert {row.price for row in found.rows[1:]} == {None}


def test_what_the_machine_does_not_tell_is_not_weighed() -> None:
    found = advice("Llama-3.1-8B", "RTX 3060")
    assert any("faster main memory" in sentence for sentence in found.unknown)


def test_a_machine_that_shares_memory_gets_other_machines_alone() -> None:
    kinds = {each.kind for each in upgrades(describe_machine("Apple M2"))}
    assert kinds == {"another machine"}


def test_prices_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('currency = "CHF"\n[prices]\n"rtx 4090" = 1500\n"64 GB" = 180.5\n', "utf-8")
    prices = read_prices(path).and_more(parse_prices(["64 GB=200"]))
    assert prices.currency == "CHF"
    assert prices.total([("NVIDIA GeForce RTX 4090", 2), ("64 GB", 1)]) == 3200
    assert prices.total([("NVIDIA GeForce RTX 4090", 1), ("RTX 3060", 1)]) is None


@pytest.mark.parametrize("entry", ["RTX 4090", "=5", "RTX 4090=much", "RTX 4090=-1", "a=nan"])
def test_what_is_no_price_is_refused(entry: str) -> None:
    with pytest.raises(InvalidRequest, match="is no price"):
        parse_prices([entry])


@pytest.mark.parametrize(
    "text", ["prices = 3", "[prices]\n[other]", "[prices]\na = true", "not toml", "currency = 1"]
)
def test_a_bad_file_of_prices_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidRequest):
        read_prices(path)


def test_a_missing_file_and_a_negative_budget_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        read_prices(tmp_path / "none.toml")
    with pytest.raises(InvalidRequest, match="budget"):
        advice("Llama-3.1-8B", ONE_MODULE, budget=-1.0)
