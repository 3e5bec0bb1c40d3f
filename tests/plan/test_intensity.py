"""The roofline: where a machine bends from reading to computing, and where models stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.machine.describe import describe_machine
from hearth.machine.profile import KernelSpeed, Measured
from hearth.plan.choose.published import find_published
from hearth.plan.intensity import dots, roofs
from hearth.plan.speeds import predict_speeds

MACHINE = describe_machine("RTX 4090 + 64 GB DDR5-6000 x2")


def test_a_roof_bends_where_computing_takes_as_long_as_reading() -> None:
    gpu = next(roof for roof in roofs(MACHINE) if roof.peak)
    assert gpu.knee == pytest.approx(gpu.peak / gpu.bandwidth)
    assert not gpu.peak_is_measured


def test_a_device_without_a_known_peak_has_no_bend_until_its_kernels_are_measured() -> None:
    host = next(roof for roof in roofs(MACHINE) if roof.peak is None)
    assert host.knee is None
    flops = Measured(value=2e11, low=1e11, high=3e11, unit="FLOP/s", how="measured", source="test")
    kernel = KernelSpeed(weight_type="Q4_K", batch_size=512, device="cpu", flops=flops)
    found = roofs(replace(MACHINE, kernels=(kernel,)))
    measured = next(roof for roof in found if roof.name == host.name)
    assert measured.peak == 3e11
    assert measured.peak_is_measured


def test_a_prompt_computes_more_for_each_byte_than_an_answer() -> None:
    subject = find_published("llama 3.1 8b")
    assert subject is not None
    speeds = predict_speeds(subject.shape, MACHINE, prompt_tokens=512)
    decode, prompt = dots(subject.shape, speeds, prompt_tokens=512)
    assert (decode.kind, prompt.kind) == ("decode", "prompt")
    # Two operations for each weight of two bytes, the input embeddings looked up.
    assert decode.intensity == pytest.approx(1.0, rel=0.02)
    assert prompt.intensity == pytest.approx(512, rel=0.1)
    assert decode.height is not None
    assert decode.speed.estimate is not None
    likely = decode.speed.estimate.likely
    assert decode.height.likely == pytest.approx(likely * decode.flops_per_token)
