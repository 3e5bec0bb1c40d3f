"""Every demonstration runs, and hands over data that can be drawn and is plausible."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import pytest

from hearth.errors import NotFound
from hearth.guide import topics
from hearth.guide.demonstrations import (
    Bars,
    Demonstration,
    Pieces,
    Series,
    Steps,
    Surroundings,
    Table,
    Verdict,
    names,
    run,
)

pytestmark = [pytest.mark.tiny, pytest.mark.asyncio(loop_scope="module")]

Kind = TypeVar("Kind")


def of_kind(made: Demonstration, kind: type[Kind]) -> list[Kind]:
    return [part for part in made.parts if isinstance(part, kind)]


@pytest.mark.parametrize("name", names())
async def test_it_can_be_drawn(on_pico: Surroundings, name: str) -> None:
    made = await run(name, on_pico)
    assert made.name == name
    assert made.title
    assert len(made.says) >= 60
    assert made.parts
    assert datetime.fromisoformat(made.measured_at).tzinfo is not None
    assert made.model in ("", "pico")
    for part in made.parts:
        match part:
            case Bars():
                assert part.bars
                assert max(bar.value for bar in part.bars) > 0
            case Table():
                assert part.rows
            case Series():
                assert all(line.xs == tuple(sorted(line.xs)) for line in part.lines)
                assert all(len(line.xs) > 1 for line in part.lines)
            case Steps():
                assert part.steps
            case Pieces():
                assert all(piece.text for piece in part.pieces)


async def test_probabilities_are_parts_of_a_hundred(on_pico: Surroundings) -> None:
    for name in ("next-tokens", "temperature", "made-up-answer"):
        for bars in of_kind(await run(name, on_pico), Bars):
            values = [bar.value for bar in bars.bars]
            assert values == sorted(values, reverse=True)
            assert sum(values) <= 100.001


async def test_heat_flattens_a_distribution(on_pico: Surroundings) -> None:
    first = [bars.bars[0].value for bars in of_kind(await run("temperature", on_pico), Bars)]
    assert first == sorted(first, reverse=True)
    assert first[0] > first[-1]


async def test_what_is_left_out_of_a_full_context_is_told(on_pico: Surroundings) -> None:
    made = await run("context", on_pico)
    wanted, sent, room = of_kind(made, Series)[0].lines
    assert wanted.ys == tuple(sorted(wanted.ys))
    assert all(s <= r for s, r in zip(sent.ys, room.ys, strict=True))
    (receipts,) = of_kind(made, Table)
    assert int(receipts.rows[-1][-1]) > 0


async def test_a_prefix_is_computed_once(on_pico: Surroundings) -> None:
    (table,) = of_kind(await run("prefix-cache", on_pico), Table)
    first, again = ([int(cell) for cell in row[1:]] for row in table.rows)
    assert first[1] < first[0] / 10
    assert again[1] > again[0] / 2
    assert again[2] < first[2] / 2


async def test_a_template_has_control_tokens_that_the_question_has_not(
    on_pico: Surroundings,
) -> None:
    (pieces,) = of_kind(await run("template", on_pico), Pieces)
    text = "".join(piece.text for piece in pieces.pieces)
    assert text.count("<|im_end|>") == 3
    assert sum(piece.special and piece.text == "<|im_end|>" for piece in pieces.pieces) == 2


async def test_each_bit_less_is_a_larger_error(on_pico: Surroundings) -> None:
    (bars,) = of_kind(await run("quantization-error", on_pico), Bars)
    errors = {bar.label: bar.value for bar in bars.bars}
    assert 0 < errors["Q8_0"] < errors["Q5_1"] < errors["Q4_1"]
    assert 4 < errors["Q4_0"] < 16


async def test_a_text_comes_back_from_what_the_model_made_of_it(on_pico: Surroundings) -> None:
    (bars,) = of_kind(await run("zip", on_pico), Bars)
    sizes = {bar.label: bar.value for bar in bars.bars}
    assert 0 < sizes["the model"] < 2 * sizes["the text"]


async def test_positions_turn_by_angles(on_pico: Surroundings) -> None:
    angles, _ = of_kind(await run("rope", on_pico), Series)
    assert all(-1 <= y <= 1 for line in angles.lines for y in line.ys)
    assert all(line.ys[0] == 1 for line in angles.lines)


async def test_what_runs_a_model_is_shut_in(on_pico: Surroundings) -> None:
    (verdict,) = of_kind(await run("confinement", on_pico), Verdict)
    assert verdict.holds in ("holds", "not decided here")


async def test_a_claim_beyond_physics_is_refuted(on_pico: Surroundings) -> None:
    refuted, ordinary = of_kind(await run("claim-refuted", on_pico), Verdict)
    assert (refuted.holds, ordinary.holds) == ("does not hold", "holds")
    assert refuted.steps


async def test_a_larger_graphics_card_takes_more_layers(on_pico: Surroundings) -> None:
    made = await run("placement", on_pico)
    speeds = [bar.value for bar in of_kind(made, Bars)[0].bars]
    assert speeds == sorted(speeds)
    assert [len(table.rows) for table in of_kind(made, Table)] == [1, 2, 2]


async def test_a_mixture_of_experts_is_faster_than_it_is_large(on_pico: Surroundings) -> None:
    memory, speed = of_kind(await run("experts", on_pico), Bars)
    assert memory.bars[0].value > 0.7 * memory.bars[1].value
    assert speed.bars[0].value > 3 * speed.bars[1].value


async def test_fewer_bits_are_faster_and_cost_more(on_pico: Surroundings) -> None:
    made = await run("quantization-cost", on_pico)
    speeds = [bar.value for bar in of_kind(made, Bars)[0].bars]
    assert speeds == sorted(speeds)
    losses = [float(row[-1].removesuffix(" %")) for row in of_kind(made, Table)[0].rows]
    assert losses == sorted(losses)


async def test_a_name_that_is_none(on_pico: Surroundings) -> None:
    with pytest.raises(NotFound, match="no demonstration 'merge'") as missing:
        await run("merge", on_pico)
    assert "--demos" in str(missing.value.hint)


async def test_topics_show_what_is_there() -> None:
    shown = {topic.demonstration for topic in topics()} - {None}
    assert shown <= set(names())
