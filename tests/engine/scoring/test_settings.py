"""How a model is loaded to score text: what may be asked for."""

from __future__ import annotations

import pytest

from hearth.engine.scoring import ScoringSettings
from hearth.errors import InvalidRequest


@pytest.mark.parametrize("micro_batch", [0, 5000])
def test_a_batch_has_bounds(micro_batch: int) -> None:
    with pytest.raises(InvalidRequest):
        ScoringSettings(micro_batch=micro_batch)
