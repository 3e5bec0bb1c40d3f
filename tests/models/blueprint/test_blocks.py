"""Random blocks, read back by gguf-py: finite weights around zero in every type."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
from gguf import quants

from hearth.models.blueprint.blocks import random_rows
from hearth.models.gguf.tensors import TensorType, tensor_types

COLUMNS = 1024
NUMBERS = {"I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K"}  # no weights are stored in these
WEIGHTS = {number: kind for number, kind in tensor_types().items() if kind.name not in NUMBERS}


def readable(number: int) -> bool:
    """Say whether gguf-py knows how to read a type."""
    return number in set(gguf.GGMLQuantizationType)


@pytest.mark.parametrize(
    ("number", "kind"), WEIGHTS.items(), ids=[kind.name for kind in WEIGHTS.values()]
)
def test_weights_are_finite_and_around_zero(number: int, kind: TensorType) -> None:
    raw = random_rows(kind, 8, COLUMNS, np.random.default_rng(0))
    assert len(raw) == 8 * kind.row_bytes(COLUMNS)
    if not readable(number):
        pytest.skip("gguf-py does not read this type")
    rows = np.frombuffer(raw, np.uint8).reshape(8, -1)
    try:
        weights = quants.dequantize(rows, gguf.GGMLQuantizationType(number))
    except NotImplementedError:
        pytest.skip("gguf-py does not read this type")
    assert np.isfinite(weights).all()
    assert 0.05 < weights.std() < 5
    assert abs(weights.mean()) < 0.5 * weights.std()  # TQ2_0 has room for -1 to 2


def test_rows_of_other_types_stay_a_hole() -> None:
    whole = next(kind for kind in tensor_types().values() if kind.name == "I32")
    assert random_rows(whole, 1, COLUMNS, np.random.default_rng(0)) == b""
