"""How findings come together, and that bounds are bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearth.machine.profile import BandwidthAt, MachineProfile, Measured, MemoryPart
from hearth.plan.claims import Claim, Judgement, Record, Verdict, judge, read_claim
from hearth.plan.claims.hardware import least_seconds
from support.made_up import made_up_device

RECORD = Record(
    model="Llama-3.1-8B",
    quantization="Q4_K_M",
    speed=14.2,
    date="2026-11-22",
    command="hearth bench",
)


def judged(text: str, *records: Record) -> Judgement:
    return judge(read_claim(text).claim, records)


def test_the_worst_finding_is_the_verdict() -> None:
    found = judged("70B Q4_K_M at 1 tok/s on DDR5-5600 x2 with 8 GB RAM")
    assert [finding.about for finding in found.findings] == ["speed", "memory"]
    assert found.verdict is Verdict.IMPOSSIBLE


def test_a_claim_without_a_number_is_undecided_and_asks() -> None:
    found = judged("50 tok/s")
    assert found.verdict is Verdict.UNDECIDED
    assert len(found.findings[0].missing) == 2


def test_a_machine_without_figures_is_undecided() -> None:
    empty = MachineProfile(name="new", date="2026-11-22", fingerprint="0")
    claim = read_claim("70B Q4_K_M at 5 tok/s, prompts at 90 tok/s", machine=empty).claim
    found = judge(claim)
    assert {finding.verdict for finding in found.findings} == {Verdict.UNDECIDED}
    assert "hearth machine measure" in found.findings[0].missing[0]
    in_8_gb = read_claim("70B in 8 GB", machine=empty).claim
    assert judge(in_8_gb).verdict is Verdict.IMPOSSIBLE


def test_a_measured_bandwidth_is_no_hard_bound() -> None:
    figure = Measured(value=30e9, low=29e9, high=31e9, unit="B/s", how="measured", source="here")
    reached = BandwidthAt(num_threads=2, size_bytes=2**30, bandwidth=figure)
    memory = MemoryPart(bandwidth_by_threads=(reached,))
    here = MachineProfile(name="here", date="2026-11-22", fingerprint="0", memory=memory)
    promised = Measured.looked_up(32e9, "B/s", "two channels")
    known = replace(here, memory=replace(memory, theoretical_bandwidth=promised))
    text = "70B Q4_K_M at 1.2 tok/s"  # 38 GB at 31 GB/s are 0.82; 1.2 would take 46 GB/s
    assert judge(read_claim(text, machine=here).claim).verdict is Verdict.IMPLAUSIBLE
    assert judge(read_claim(text, machine=known).claim).verdict is Verdict.IMPOSSIBLE
    far = "70B Q4_K_M at 2 tok/s"
    assert judge(read_claim(far, machine=here).claim).verdict is Verdict.IMPOSSIBLE


def test_every_finding_shows_its_arithmetic() -> None:
    for text in (
        "Llama 3.1 8B Q4_K_M at 12 tok/s with 8k context on DDR5-5600 x2 in 16 GB RAM",
        "Llama 3.1 8B Q4_K_M prompts at 900 tok/s on an RTX 4090",
        "QLoRA of Llama 3.1 8B on 10M tokens in 2 hours on an RTX 4090",
        "download 40 GB in 1 hour at 100 Mbit/s",
    ):
        for finding in judged(text).findings:
            assert finding.verdict is Verdict.PLAUSIBLE, finding
            assert finding.steps
            assert any(step.source for step in finding.steps)
            assert all(str(step) for step in finding.steps)


def test_a_measurement_settles_a_speed() -> None:
    text = "Llama 3.1 8B Q4_K_M at 14 tok/s"
    assert judged(text).verdict is Verdict.UNDECIDED
    found = judged(text, RECORD)
    assert found.verdict is Verdict.MEASURED
    assert "hearth bench" in found.findings[0].reason


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("Llama 3.1 8B Q4_K_M at 20 tok/s", RECORD),
        ("Llama 3.1 8B Q8_0 at 14 tok/s", RECORD),
        ("Mistral 7B Q4_K_M at 14 tok/s", RECORD),
        ("8B Q4_K_M at 14 tok/s", RECORD),
        ("Llama 3.1 8B Q4_K_M at 14 tok/s with 4 users", RECORD),
    ],
)
def test_another_measurement_settles_nothing(text: str, record: Record) -> None:
    assert judged(text, record).verdict is Verdict.UNDECIDED


def test_experts_make_a_large_model_fast() -> None:
    dense = judged("30B Q4_0 at 25 tok/s on DDR5-5600 x2")
    mixture = judged("30B-A3B Q4_0 at 25 tok/s on DDR5-5600 x2")
    assert (dense.verdict, mixture.verdict) == (Verdict.IMPOSSIBLE, Verdict.PLAUSIBLE)


def test_bytes_are_divided_as_fast_as_can_be() -> None:
    gpu = made_up_device("gpu", bandwidth=900e9, memory_bytes=9e9)
    host = made_up_device("host", bandwidth=100e9)
    # 1 GB: 0.9 and 0.1 at once. 20 GB: 9 on the GPU, 11 from main memory.
    assert least_seconds(1e9, [gpu, host], 1e9) == pytest.approx(1e-3)
    assert least_seconds(20e9, [gpu, host], 1e9) == pytest.approx(0.11)
    # 10 GB without main memory: 1 GB comes at 2 GB/s.
    assert least_seconds(10e9, [gpu], 2e9) == pytest.approx(0.5)


@settings(max_examples=30)
@given(
    size=st.floats(5e9, 2e12),
    bits=st.floats(2.0, 16.0),
    bandwidth=st.floats(20.0, 5000.0),
    part=st.floats(0.001, 1.0),
    over=st.floats(1.5, 100.0),
)
def test_beyond_the_bound_is_never_plausible_and_below_it_never_impossible(
    size: float, bits: float, bandwidth: float, part: float, over: float
) -> None:
    text = f"{size / 1e9:.3f}B at {bits:.3f} bpw on {bandwidth:.1f} GB/s memory"
    claim = read_claim(text).claim
    bound = bound_of(claim)
    below = judge(replace(claim, speed=part * bound))
    assert below.verdict in (Verdict.PLAUSIBLE, Verdict.IMPLAUSIBLE)
    beyond = judge(replace(claim, speed=over * bound))
    assert beyond.verdict in (Verdict.IMPOSSIBLE, Verdict.IMPLAUSIBLE)
    if size * bits / 8 > 5e9:  # too large for any cache to hold a third of it
        assert beyond.verdict is Verdict.IMPOSSIBLE


def bound_of(claim: Claim) -> float:
    bound = judge(replace(claim, speed=1.0)).findings[0].bound
    assert bound is not None
    return bound
