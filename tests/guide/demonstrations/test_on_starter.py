"""What only a model that knows something can show."""

from __future__ import annotations

import pytest

from hearth.guide.demonstrations import Bars, Pieces, Surroundings, Table, run

pytestmark = [pytest.mark.starter, pytest.mark.asyncio(loop_scope="module")]


async def test_the_capital_is_paris(on_starter: Surroundings) -> None:
    bars = (await run("next-tokens", on_starter)).parts[0]
    assert isinstance(bars, Bars)
    assert bars.bars[0].label == " Paris"
    assert bars.bars[0].value > 30


async def test_a_text_is_squeezed_smaller_than_by_xz(on_starter: Surroundings) -> None:
    bars = (await run("zip", on_starter)).parts[0]
    assert isinstance(bars, Bars)
    sizes = {bar.label: bar.value for bar in bars.bars}
    assert sizes["the model"] < min(sizes["xz -9e"], sizes["zlib -9"]) / 2


async def test_odd_and_shuffled_words_surprise(on_starter: Surroundings) -> None:
    pieces, table = (await run("surprise", on_starter)).parts
    assert isinstance(pieces, Pieces)
    assert isinstance(table, Table)
    ordinary, odd, shuffled = (float(row[1].replace(",", "")) for row in table.rows)
    assert ordinary < odd < shuffled
    surprise = {piece.text.strip(): piece.weight for piece in pieces.pieces}
    assert surprise["parliament"] > surprise["on"]


async def test_words_that_are_used_alike_lie_near(on_starter: Surroundings) -> None:
    table = (await run("embeddings", on_starter)).parts[0]
    assert isinstance(table, Table)
    near = {
        row[0]: dict(zip(table.columns[1:], map(float, row[1:]), strict=True)) for row in table.rows
    }
    assert near["king"][">queen"] > near["king"][">dog"]
    assert near["Paris"][">London"] > near["Paris"][">seven"]


async def test_english_takes_the_fewest_tokens(on_starter: Surroundings) -> None:
    table = (await run("tokens", on_starter)).parts[1]
    assert isinstance(table, Table)
    rates = {row[0]: float(row[-1]) for row in table.rows}
    assert rates["plain English"] == max(rates.values())
