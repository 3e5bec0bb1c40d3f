"""Bits per weight, against the blocks of GGUF and the sizes of real files."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.plan.quantizations import quantization, quantizations, smallest_bits


def test_no_usual_file_is_below_the_least() -> None:
    for each in quantizations().values():
        assert 1 <= each.least_bits <= each.usual_bits <= 64, each
        assert each.source


@pytest.mark.parametrize(
    ("name", "least", "usual"),
    [
        ("Q4_0", 4.5, 4.5),
        ("q4_k_m", 4.5, 4.8944),
        ("Q8_0", 8.5, 8.5008),
        ("bf16", 16, 16),
        ("4-bit", 4.0, 4.7),
        ("4 bit", 4.0, 4.7),
        ("3.5 bpw", 3.5, 3.5),
        ("2.1 bits per weight", 2.1, 2.1),
    ],
)
def test_bits(name: str, least: float, usual: float) -> None:
    found = quantization(name)
    assert (found.least_bits, found.usual_bits) == (least, usual)


# GB of the files of Llama 3.1, from llama.cpp tools/quantize/README.md.
@pytest.mark.parametrize(("weights", "gigabytes"), [(8.03, 4.9), (70.55, 43.1), (405.85, 249.1)])
def test_usual_bits_give_the_size_of_real_files(weights: float, gigabytes: float) -> None:
    assert weights * quantization("Q4_K_M").usual_bits / 8 == pytest.approx(gigabytes, rel=0.01)


@pytest.mark.parametrize("name", ["Q4_K_XXL", "0 bpw", "70 bpw", ""])
def test_an_unknown_one_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="no quantization"):
        quantization(name)


def test_the_smallest_has_one_bit_and_a_scale() -> None:
    assert smallest_bits().least_bits == 18 * 8 / 128
