"""Tensors by layer and kind: names of every format, packed weights, many layers."""

from __future__ import annotations

import math

import pytest

from hearth.models.card import TensorEntry
from hearth.web.components.heat_map import (
    LEVELS,
    MAX_KINDS,
    MAX_LAYERS,
    MAX_OUTSIDE,
    bits_of,
    draw_heat_map,
    heat_map,
    level_of,
    place_of,
)


def tensor(
    name: str,
    shape: tuple[int, ...] = (256, 256),
    *,
    type: str = "Q4_K",
    bits: float = 4.5,
    weights: int | None = None,
) -> TensorEntry:
    elements = math.prod(shape)
    return TensorEntry(
        name=name,
        shape=shape,
        type=type,
        size_bytes=int(elements * bits / 8),
        num_weights=elements if weights is None else weights,
        file="m.gguf",
        offset=0,
    )


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("blk.7.ffn_up.weight", (7, "ffn_up")),
        ("model.layers.12.self_attn.q_proj.weight", (12, "self_attn.q_proj")),
        ("model.layers.3.self_attn.q_proj.bias", (3, "self_attn.q_proj.bias")),
        ("transformer.h.0.attn.c_attn.weight", (0, "attn.c_attn")),
        ("model.layers.1.mlp.experts.63.w1.weight", (1, "mlp.experts.*.w1")),
        ("model.layers.1.mlp.down_proj.qweight", (1, "mlp.down_proj")),
        ("0.auto_model.weight", (0, "auto_model")),
        ("token_embd.weight", None),
        ("output_norm.weight", None),
        ("layer1.conv.weight", None),
        ("blk.9999999.ffn_up.weight", None),
    ],
)
def test_a_name_tells_layer_and_kind(name: str, place: tuple[int, str] | None) -> None:
    assert place_of(tensor(name)) == place


def test_what_unpacks_a_matrix_counts_with_it() -> None:
    """A GPTQ matrix is int32 words, scales and zero points; 4 bits of 32 are one weight."""
    base = "model.layers.0.mlp.up_proj"
    packed = [
        tensor(f"{base}.qweight", (32, 256), type="I32", bits=32, weights=256 * 256),
        tensor(f"{base}.scales", (2, 256), type="F16", bits=16, weights=0),
        tensor(f"{base}.qzeros", (2, 32), type="I32", bits=32, weights=0),
    ]
    (row,) = heat_map(packed).rows
    (cell,) = row.cells
    assert row.kind == "mlp.up_proj"
    assert cell is not None
    assert cell.bits == pytest.approx(4.16, abs=0.01)
    assert cell.level == 3


def test_experts_share_a_cell() -> None:
    drawn = heat_map([tensor(f"model.layers.0.experts.{e}.w1.weight") for e in range(8)])
    (row,) = drawn.rows
    assert row.cells[0] is not None
    assert "8 of 256 x 256" in row.cells[0].words


def test_vectors_come_after_matrices_and_gaps_stay_empty() -> None:
    drawn = heat_map(
        [
            tensor("blk.0.attn_norm.weight", (256,), type="F32", bits=32),
            tensor("blk.0.ssm_out.weight"),
            tensor("blk.1.attn_q.weight"),
            tensor("output.weight", type="Q6_K", bits=6.5625),
        ]
    )
    assert drawn.layers == (0, 1)
    assert [row.kind for row in drawn.rows] == ["ssm_out", "attn_q", "attn_norm"]
    assert drawn.rows[0].cells[1] is None
    assert [one.name for one in drawn.outside] == ["output.weight"]


def test_very_many_are_cut_and_counted() -> None:
    tensors = [tensor(f"blk.{layer}.ffn_up.weight") for layer in range(MAX_LAYERS + 5)]
    tensors += [tensor(f"blk.0.kind_{n}.weight") for n in range(MAX_KINDS + 3)]
    tensors += [tensor(f"extra_{chr(97 + n)}.weight") for n in range(MAX_OUTSIDE + 2)]
    drawn = heat_map(tensors)
    assert len(drawn.layers) == MAX_LAYERS
    assert len(drawn.rows) == MAX_KINDS
    assert drawn.num_left_out == 5 + 4
    html = draw_heat_map(tensors)
    assert "Not drawn: 9 tensors more" in html
    assert "And 2 tensors more" in html


def test_every_number_of_bits_has_a_level() -> None:
    assert [level_of(bits) for bits in (1.6, 3.4, 4.5, 5.5, 6.6, 8.5, 16, 32, 64)] == [
        *range(1, 9),
        8,
    ]
    assert len(LEVELS) == 8
    assert bits_of([tensor("x", (0,))]) == 0.0


def test_the_map_is_a_table_with_words_in_every_cell() -> None:
    html = draw_heat_map([tensor("blk.0.attn_q.weight"), tensor("blk.1.attn_q.weight")])
    assert html.count('<th scope="col"') == 2 + 2  # the head's corner, two layers, the sum
    assert html.count('tabindex="0"') == 1  # one stop of the Tab key
    assert "blk.1.attn_q.weight: Q4_K, 4.50 bits, 256 x 256, 37 kB" in html
    assert ">4.5</span>" in html


def test_a_model_without_layers_has_a_table_alone() -> None:
    html = draw_heat_map([tensor("lora.weight"), tensor('"><script>.weight')])
    assert "heat-scroll" not in html
    assert "<script>" not in html
    assert "<caption>Tensors</caption>" in html


def test_no_tensors_draw_nothing_but_a_legend() -> None:
    assert "<table" not in draw_heat_map([])
