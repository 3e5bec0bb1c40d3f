"""The table of what a machine can run."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.machine.describe import describe_machine
from hearth.models.catalogue import sizes
from hearth.plan.choose.can_run import can_run


def test_every_size_is_there_and_at_most_one_cell_of_a_row_is_marked() -> None:
    found = can_run(describe_machine("RTX 4090 + 64 GB DDR5-6000 x2"))
    assert {row.size for row in found.rows} == {one.name for one in sizes()}
    for row in found.rows:
        assert row.cells[0].total_bytes > row.cells[-1].total_bytes
        assert sum(cell.sensible for cell in row.cells) <= 1
        assert all(cell.fits and cell.runs for cell in row.cells if cell.sensible)
        assert all(cell.tokens_per_s is None for cell in row.cells if not cell.fits)


def test_what_is_fast_enough_is_asked() -> None:
    profile = describe_machine("64 GB DDR5-6000 x2")
    patient, hasty = (can_run(profile, min_speed=speed) for speed in (0.0, 1000.0))
    assert any(cell.sensible for row in patient.rows for cell in row.cells)
    assert not any(cell.runs for row in hasty.rows for cell in row.cells)


def test_speeds_may_not_be_known() -> None:
    found = can_run(describe_machine("64 GB"))
    assert not found.speeds_known
    assert found.rows[0].cells[0].fits


@pytest.mark.parametrize("wishes", [{"context": 0}, {"min_speed": -1.0}])
def test_numbers_out_of_range_are_refused(wishes: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        can_run(describe_machine("64 GB"), **wishes)  # type: ignore[arg-type]
