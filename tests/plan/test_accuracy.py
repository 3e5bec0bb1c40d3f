"""Error bands against arithmetic by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hearth.machine.describe import describe_machine
from hearth.machine.profile import BandwidthAt, KernelSpeed, Measured
from hearth.plan.accuracy import TITLES, accuracy, basis_of, describe_accuracy
from hearth.store.predicted import Figure, Part
from support.ledger import record


def test_a_band_is_the_median_and_the_ninth_of_ten() -> None:
    measured = [50, 80, 95, 100, 105, 110, 120, 125, 150, 200]
    band = accuracy(record(measured=each) for each in measured).bands[Part.DECODE]
    assert (band.num_records, band.num_models, band.num_crowded) == (10, 1, 0)
    assert band.bias == pytest.approx(math.sqrt(1.05 * 1.10))
    # 100, 95 and 105, 110, 120, 80 and 125, 150, 50 and 200: twice and half are errors of one size.
    assert band.median_error == pytest.approx(math.sqrt(1.2 * 1.25) - 1)
    assert band.p90_error == pytest.approx(1.0)
    assert band.covered == pytest.approx(0.4)  # 95 to 110


def test_parts_and_machines_are_told_apart() -> None:
    records = [
        record(Part.KV, measured=100.0),
        record(Part.DECODE, measured=50.0),
        record(Part.DECODE, measured=400.0, machine="another"),
    ]
    found = accuracy(records, machine=records[0].machine)
    assert set(found.bands) == {Part.KV, Part.DECODE}
    assert found.bands[Part.KV].p90_error == 0
    assert found.bands[Part.DECODE].bias == pytest.approx(0.5)


def test_speeds_predicted_from_older_figures_correct_nothing_but_memory_does() -> None:
    found = accuracy([record(part, basis="old") for part in (Part.KV, Part.DECODE)], basis="new")
    assert set(found.bands) == {Part.KV, Part.DECODE}
    assert len(found.correcting(Part.KV)) == 1
    assert found.correcting(Part.DECODE) == []


def test_a_busy_machine_is_shown_and_nothing_is_concluded() -> None:
    busy = record(measured=10.0, load_average=5.0)
    found = accuracy([busy, record(measured=90.0)])
    assert [point.is_crowded for point in found.points] == [True, False]
    assert found.bands[Part.DECODE].bias == pytest.approx(0.9)
    assert describe_accuracy(found)[0].records == "1 of 1 model, 1 left out"
    assert accuracy([busy]).bands == {}
    assert not accuracy([record(Part.KV, load_average=50.0)]).points[0].is_crowded


def test_figures_that_cannot_be_compared_are_left_out() -> None:
    odd = (0.0, -1.0, math.nan, math.inf)
    assert accuracy(record(measured=each) for each in odd).points == ()


def test_a_figure_without_a_range_is_covered_within_a_hundredth() -> None:
    def covered(measured: float) -> bool:
        figure = Figure(part=Part.KV, predicted=100, low=100, high=100, measured=measured)
        return accuracy([record(figures=(figure,))]).points[0].is_covered

    assert [covered(each) for each in (98.9, 99.1, 100.9, 101.1)] == [False, True, True, False]


def test_rows_say_it_in_words() -> None:
    (row,) = describe_accuracy(accuracy([record(measured=80.0), record(measured=80.0, model="b")]))
    assert row.title == "writing an answer"
    assert (row.records, row.bias, row.covered) == ("2 of 2 models", "x 0.80", "0%")
    assert (row.median_error, row.p90_error) == ("25.0%", "25.0%")
    assert set(TITLES) == set(Part)


def test_a_basis_changes_with_what_was_measured_and_with_nothing_else() -> None:
    bare = describe_machine("DDR5-5600 x2")
    assert basis_of(bare) == ""
    speed = Measured(value=4e10, low=4e10, high=4e10, unit="B/s", how="measured", source="here")
    at = BandwidthAt(num_threads=2, size_bytes=2**30, bandwidth=speed)
    measured = replace(bare, memory=replace(bare.memory, bandwidth_by_threads=(at,)))
    free = replace(measured, memory=replace(measured.memory, available_bytes=1))
    assert basis_of(measured) == basis_of(free) != ""
    kernel = KernelSpeed(weight_type="Q4_0", batch_size=1, device="cpu", bandwidth=speed)
    assert basis_of(replace(measured, kernels=(kernel,))) != basis_of(measured)
    assert basis_of(replace(measured, date="2027-01-01T00:00:00+00:00")) != basis_of(measured)
