"""Published losses of quality: every row has a source, and the order is the field's."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from hearth.plan.choose.quality import kv_loss, quality_words, total_loss, weights_loss
from hearth.plan.choose.search import KV_LADDER, LADDER
from hearth.plan.memory import KV_TYPES
from hearth.plan.quantizations import quantizations


def test_every_row_has_a_source_with_an_address_and_a_known_name() -> None:
    text = resources.files("hearth.plan.choose").joinpath("quality.toml").read_text("utf-8")
    data = tomllib.loads(text)
    assert set(data["weights"]) <= set(quantizations())
    assert set(data["keys_and_values"]) <= set(KV_TYPES)
    for row in (*data["weights"].values(), *data["keys_and_values"].values()):
        assert data["sources"][row["source"]]["url"].startswith("https://")


def test_the_loss_is_the_published_ratio() -> None:
    loss = weights_loss("q4_k_m")
    assert loss is not None
    assert loss.perplexity == pytest.approx(0.028160, abs=1e-5)  # "Mean PPL ratio" of the source


def test_fewer_bits_lose_more() -> None:
    losses = [total_loss(name, "f16") for name in ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")]
    assert losses == sorted(losses, key=lambda loss: loss or 0.0)
    assert all(total_loss(name, kv) is not None for name in LADDER for kv in KV_LADDER)


def test_weights_and_keys_multiply() -> None:
    weights, kept = weights_loss("Q4_0"), kv_loss("q4_0")
    assert weights is not None
    assert kept is not None
    both = (1 + weights.perplexity) * (1 + kept.perplexity) - 1
    assert total_loss("Q4_0", "q4_0") == pytest.approx(both)


def test_what_nobody_published_is_not_known() -> None:
    assert total_loss("MXFP4", "f16") is None
    assert quality_words(None) == "not known"
    assert quality_words(0.0) == "as trained"
    assert quality_words(0.0282) == "perplexity +2.8%"
