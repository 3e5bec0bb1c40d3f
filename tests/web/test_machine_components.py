"""What the Machine page draws: figures to scale, complete, escaped, with a word beside a colour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hearth.machine.describe import describe_machine
from hearth.machine.profile import Cache, CpuPart, MachineProfile, Measured, MemoryPart, StoragePart
from hearth.plan.accuracy import Point
from hearth.plan.arithmetic import Range
from hearth.plan.choose.published import find_published
from hearth.plan.claims import judge, read_claim
from hearth.plan.intensity import dots, roofs
from hearth.plan.speeds import predict_speeds
from hearth.store.predicted import Part
from hearth.web.components.checked_chart import UNITS, band_factor, checked_options, shape_of_part
from hearth.web.components.ladder import draw_ladder, rungs, short_time
from hearth.web.components.log_scale import LogScale, decades_around
from hearth.web.components.machine_head import headline
from hearth.web.components.roofline_chart import ModelDots, roofline_options
from hearth.web.components.speed_table import draw_speed_table
from hearth.web.components.twin import draw_twin
from hearth.web.components.verdict import draw_verdict
from hearth.web.parts import part

EVIL = '"><script>alert(1)</script>'
DESCRIBED = describe_machine("RTX 4090 + 64 GB DDR5-6000 x2")


def measured(value: float, low: float, high: float) -> Measured:
    return Measured(value=value, low=low, high=high, unit="B/s", how="measured", source=EVIL)


MACHINE = MachineProfile(
    name="made up",
    date="2026-11-22",
    fingerprint="0",
    cpu=CpuPart(
        name=EVIL,
        num_physical=1,
        num_threads=1,
        caches=(Cache(level=1, kind="data", size_bytes=32768),),
    ),
    memory=MemoryPart(kind="DDR5", total_bytes=16 * 10**9, limited_by="container"),
    storage=(StoragePart(name=EVIL, cold_read=measured(1e9, 5e8, 2e9), total_bytes=10**12),),
)


# --- scales -----------------------------------------------------------------------------------


def test_each_power_of_ten_is_equally_long() -> None:
    scale = LogScale(low=1e6, high=1e10)
    assert [scale.share(10.0**power) for power in range(6, 11)] == [0, 25, 50, 75, 100]
    assert scale.share(1.0) == 0
    assert scale.share(1e12) == 100
    whisker = scale.whisker(Range(low=1e7, likely=1e8, high=1e9))
    assert (whisker.low, whisker.at, whisker.high, whisker.width) == (25, 50, 75, 50)
    assert [tick.words for tick in scale.ticks(lambda value: f"{value:.0e}", every=2)] == [
        "1e+06",
        "1e+08",
        "1e+10",
    ]


def test_a_scale_around_values_holds_them_all() -> None:
    assert decades_around([0.0, 3.0, 250.0]) == LogScale(low=1.0, high=1000.0)
    assert decades_around([10.0]) == LogScale(low=10.0, high=100.0)


# --- this machine -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"), [(5e-10, "0.5 ns"), (9.6e-8, "96 ns"), (1e-4, "100 µs"), (2.0, "2 s")]
)
def test_times_are_said_from_nanoseconds_up(seconds: float, words: str) -> None:
    assert short_time(seconds) == words


def test_the_ladder_tells_where_each_figure_comes_from_in_words() -> None:
    found = list(rungs(DESCRIBED))
    assert {rung.speed.how for rung in found if rung.speed} == {"looked up"}
    html = draw_ladder(DESCRIBED)
    assert html.count("looked up") == sum(bool(rung.speed or rung.latency) for rung in found)
    assert "RTX 4090" in html


def test_the_ladder_escapes_names_and_draws_ranges() -> None:
    html = draw_ladder(MACHINE)
    assert "<script>" not in html
    assert "500 MB/s to 2 GB/s" in html
    disk = next(rung for rung in rungs(MACHINE) if rung.group == "storage")
    assert disk.speed is not None
    assert 0 < disk.speed.whisker.low < disk.speed.whisker.at < disk.speed.whisker.high < 100


def test_the_headline_names_the_limits_of_a_container() -> None:
    told = headline(MACHINE)
    assert "16 GB of memory" in told.facts
    assert "no GPU seen" in told.facts
    assert told.limits == "Limits of the container: 16 GB of memory."
    assert headline(DESCRIBED).limits == ""


# --- speeds -----------------------------------------------------------------------------------


def under_the_roof(name: str = EVIL) -> ModelDots:
    subject = find_published("llama 3.1 8b")
    assert subject is not None
    speeds = predict_speeds(subject.shape, DESCRIBED, prompt_tokens=512)
    return ModelDots(
        name=name,
        quantization="F16",
        colour=7,
        dots=dots(subject.shape, speeds, prompt_tokens=512),
        speeds=speeds,
        measured={"decode": 30.0},
    )


def test_every_model_has_its_dots_within_the_axes() -> None:
    options = roofline_options([under_the_roof()], roofs(DESCRIBED))["baseOption"]
    drawn = [series for series in options["series"] if series["type"] == "scatter"]
    assert [len(series["data"]) for series in drawn] == [1, 1, 1, 0]
    for series in drawn:
        for point in series["data"]:
            x, y = point["value"]
            assert options["xAxis"]["min"] <= x <= options["xAxis"]["max"]
            assert options["yAxis"]["min"] <= y <= options["yAxis"]["max"]
            assert "<script>" not in point["tip"]
    predicted, _, seen, _ = drawn
    assert predicted["data"][0]["itemStyle"]["color"] == "var(--surface)"
    assert seen["data"][0]["itemStyle"]["color"] == "var(--series-2)"
    assert "measured here" in seen["data"][0]["tip"]


def test_dots_of_the_two_passes_differ_in_shape() -> None:
    options = roofline_options([under_the_roof()], roofs(DESCRIBED))["baseOption"]
    shapes = [series["symbol"] for series in options["series"] if series["type"] == "scatter"]
    assert len(set(shapes[:2])) == 2


def test_a_roof_without_models_is_no_error() -> None:
    options = roofline_options([], roofs(DESCRIBED))["baseOption"]
    assert options["yAxis"]["max"] > options["yAxis"]["min"] > 0


def test_the_table_has_what_the_chart_shows() -> None:
    html = draw_speed_table([under_the_roof()], 512)
    assert "<script>" not in html
    assert "measured" in html
    assert "of it used" in html


# --- claims -----------------------------------------------------------------------------------


def test_a_verdict_has_its_word_its_steps_and_its_sources() -> None:
    reading = read_claim("70B at Q4_K_M, 50 tok/s, dual-channel DDR5-5600")
    html = draw_verdict(reading, judge(reading.claim))
    assert 'data-verdict="impossible"' in html
    assert "No program on this hardware can do it." in html
    assert "5,600 MT/s x 8 B x 2 channels" in html
    assert html.count("<li>") >= 5


def test_a_verdict_escapes_what_was_said() -> None:
    reading = read_claim(f"7B at Q8_0 on 16 GB RAM {EVIL}")
    assert "<script>" not in draw_verdict(reading, judge(reading.claim))


# --- predicted and measured -------------------------------------------------------------------


def point(predicted: float, seen: float, part: Part = Part.DECODE) -> Point:
    return Point(
        part=part,
        predicted=predicted,
        low=predicted,
        high=predicted,
        measured=seen,
        made_at=datetime.now(UTC),
        model=EVIL,
        identity="",
        architecture="llama",
        quantization="Q4_0",
        load_average=None,
    )


def test_the_band_holds_nine_of_ten_points() -> None:
    points = [point(100, 100)] * 8 + [point(100, 120), point(100, 300)]
    assert band_factor(points) == pytest.approx(1.2)
    assert band_factor([point(5, 5)]) == 1


def test_points_are_drawn_by_part_between_the_lines() -> None:
    points = [point(10, 12), point(80, 60, Part.PROMPT)]
    options = checked_options(points, "tokens/s", {EVIL: 1})["baseOption"]
    drawn = [series for series in options["series"] if series["type"] == "scatter"]
    assert {series["symbol"] for series in drawn} == {
        shape_of_part(Part.DECODE),
        shape_of_part(Part.PROMPT),
    }
    tips = [one["tip"] for series in drawn for one in series["data"]]
    assert not any("<script>" in tip for tip in tips)
    assert any("+20.0%" in tip for tip in tips)
    lines = [series["data"] for series in options["series"] if series["type"] == "line"]
    assert lines[0][0] == [options["xAxis"]["min"], options["yAxis"]["min"]]


def test_parts_of_a_unit_differ_in_shape() -> None:
    for unit in {each.unit for each in Part}:
        shapes = [shape_of_part(each) for each in Part if each.unit == unit]
        assert len(set(shapes)) == len(shapes)


def test_nothing_compared_yet_is_explained() -> None:
    values = {"error": None, "units": UNITS, "unit": "B", "shapes": (), "factor": 1}
    html = part("machine_checked", num_points=0, **values)
    assert "each load and each answer adds a point" in html


def test_a_machine_without_any_figure_is_drawn_all_the_same() -> None:
    empty = replace(MACHINE, cpu=CpuPart(), memory=MemoryPart(), storage=())
    assert "<table" in draw_ladder(empty)
    assert roofs(empty) == ()


# --- a twin -----------------------------------------------------------------------------------

SPEEDS = {"value": 50.0, "low": 48.0, "high": 52.0}
TRIED = {
    "model": "Llama-3.1-8B",
    "quantization": "Q4_K_M",
    "seconds": 12.0,
    "weight_bytes": 4_900_000_000,
    "fetched_bytes": 0,
    "notes": ["all layers are alike"],
    "settings": {
        "cells": "4,096",
        "num_sequences": "1",
        "micro_batch_tokens": "512",
        "kv_type": "f16",
        "flash_attention": "on",
    },
    "whole": {
        "how": "extrapolated",
        "prompts": [{"tokens": 256, "tokens_per_s": SPEEDS}],
        "decodes": [{"depth": 16, "users": 1, "tokens_per_s": SPEEDS}],
        "memory": {
            "weights_bytes": 4_900_000_000,
            "kv_bytes": 500_000_000,
            "compute_bytes": 300_000_000,
            "output_bytes": 1_000_000,
        },
    },
}


def test_a_twin_stands_beside_what_was_predicted() -> None:
    html = draw_twin(TRIED, find_published("Llama-3.1-8B"), MACHINE)
    assert "extrapolated from fewer layers" in html
    assert "Answers after 16 tokens" in html
    assert "All layers are alike." in html
    assert "%" in html


def test_a_twin_on_a_machine_that_nobody_has_measured_is_shown_all_the_same() -> None:
    unmeasured = replace(MACHINE, cpu=CpuPart(), memory=MemoryPart(), storage=(), gpus=())
    html = draw_twin(TRIED, find_published("Llama-3.1-8B"), unmeasured)
    assert "50 tok/s" in html
    assert "Weights" in html
