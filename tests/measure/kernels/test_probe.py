"""The probe times real kernels and a real model, and a profile keeps what it found."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.config import Config
from hearth.engine.probe.messages import Case, Job, ModelJob, Timing
from hearth.errors import EngineError, InvalidRequest
from hearth.machine.profile import OPERATIONS, EngineSpeeds, MachineProfile
from hearth.machine.profile_file import parse_profile, profile_text
from hearth.measure.kernels import calibrate
from hearth.measure.kernels.calibrate import run_model, run_probe
from hearth.measure.kernels.cases import (
    COMMON_TYPES,
    attention_cases,
    far_bytes,
    matrix_cases,
    other_cases,
    type_numbers,
)
from hearth.measure.kernels.speeds import BUSY, kernel_speeds, operation_speeds
from hearth.models.blueprint import public_model, quantized, write_stand_in
from hearth.plan.kernels import table_of
from support.kernels import timed_machine

Q4_0, F16, F32 = 2, 1, 0


def matrix(number: int, tokens: int, *, layout: str = "plain") -> Case:
    return Case(
        kind="matrix", tokens=tokens, type=number, layout=layout, columns=256, rows=64, bytes=2**16
    )


SMALL = [
    matrix(Q4_0, 1),
    matrix(Q4_0, 8, layout="repacked"),
    matrix(F32, 4, layout="repacked"),  # which no processor's layout is for
    Case(
        kind="attention", tokens=1, type=F16, heads=4, kv_heads=2, head_size=64, cells=64, bytes=1
    ),
    Case(
        kind="attention", tokens=64, type=F16, heads=2, kv_heads=2, head_size=64, cells=64, bytes=1
    ),
    *(
        Case(
            kind="full attention",
            tokens=rows,
            type=F16,
            heads=4,
            kv_heads=2,
            head_size=64,
            cells=64,
            bytes=1,
        )
        for rows in (1, 8)
    ),
    Case(kind="elements", tokens=1, columns=64),
    Case(kind="elements", tokens=32, columns=64),
    Case(kind="roll", tokens=1, columns=64, cells=4),
    Case(kind="roll", tokens=32, columns=64, cells=4),
    Case(kind="scan", tokens=2, head_size=1, heads=32, cells=16),
    Case(kind="scan", tokens=1, head_size=16, heads=2, cells=16),
]


@pytest.mark.tiny
def test_every_kind_of_case_is_timed_and_becomes_a_speed() -> None:
    report = run_probe(Job(threads=1, cases=SMALL, most_s=60.0, rounds=3))
    assert report.timings[2] is None
    pairs = [(case, timing) for case, timing in zip(SMALL, report.timings, strict=True) if timing]
    assert all(len(timing.seconds) == 3 for _, timing in pairs)
    kernels, others = kernel_speeds(pairs, 1), operation_speeds(pairs)
    assert {(row.weight_type, row.batch_size) for row in kernels} >= {("Q4_0", 1)}
    assert {row.name for row in others} == set(OPERATIONS)
    for row in kernels:
        assert row.flops
        assert row.bandwidth
        # 64 x 256 weights of 4.5 bits: two operations each, for each token
        per_byte = 2 * row.batch_size / (4.5 / 8)
        assert row.flops.value == pytest.approx(per_byte * row.bandwidth.value, rel=0.01)


@pytest.mark.tiny
def test_a_case_that_does_not_fit_is_an_error_with_its_reason() -> None:
    huge = Case(kind="elements", tokens=2**20, columns=2**12)
    with pytest.raises(EngineError, match="does not fit"):
        run_probe(Job(threads=1, cases=[huge], most_s=0.0, rounds=1))


@pytest.mark.tiny
@pytest.mark.parametrize(("name", "depth"), [("SmolLM2-135M", 1200), ("mamba-130m-hf", 40)])
def test_a_model_is_timed_beside_its_references(tmp_path: Path, name: str, depth: int) -> None:
    model = public_model(name).blueprint.scaled(num_layers=1, vocab_size=256)
    path = write_stand_in(tmp_path / "model.gguf", quantized(model, "Q8_0"))
    report = run_model(
        ModelJob(
            path=str(path),
            threads=1,
            cells=1536,
            depth=depth,
            prompt_tokens=8,
            references=[matrix(Q4_0, 1), matrix(Q4_0, 8)],
            most_s=0.0,
            rounds=2,
        )
    )
    references = [one.seconds for one in report.references if one]
    assert len(references) == 2
    assert all(len(one) >= 5 and min(one) > 0 for one in references)
    assert len(report.prompt_s) == 2
    assert len(report.decode_s) == 6
    assert min(*report.decode_s, *report.prompt_s, *report.shares) > 0
    assert report.buffers["weights"] > 0
    assert report.buffers["compute"] > 0


@pytest.mark.tiny
def test_a_model_that_cannot_be_loaded_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    job = ModelJob(
        path=str(tmp_path / "model.gguf"),
        threads=1,
        cells=256,
        depth=0,
        prompt_tokens=1,
        references=[],
    )
    with pytest.raises(EngineError, match="cannot load"):
        run_model(job)


def test_an_unknown_type_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="Q9_X"):
        calibrate(Config(home=tmp_path), lambda _: None, types=["Q9_X"])


def test_the_cases_cover_all_that_plans_ask_for() -> None:
    found = matrix_cases(COMMON_TYPES, far=2**26)
    assert {case.tokens for case in found} == {1, 2, 4, 8, 16, 32, 256}
    assert {case.type for case in found} == {type_numbers()[name] for name in COMMON_TYPES}
    assert {case.kind for case in (*attention_cases(), *other_cases())} == {
        "attention",
        "full attention",
        "elements",
        "roll",
        "scan",
    }
    assert far_bytes(timed_machine().cpu) == 2**26


def test_disturbed_repeats_are_left_out_and_a_busy_machine_is_said() -> None:
    calm = Timing(seconds=[1.0, 1.1, 9.0, 1.2], shares=[1.0, 1.0, 0.4, 1.0], count=1, work_bytes=10)
    busy = Timing(seconds=[3.0, 2.0, 1.0], shares=[0.5, 0.4, 0.6], count=1, work_bytes=10)
    case = Case(kind="elements", tokens=4, columns=64)
    first, second = operation_speeds([(case, calm), (case, busy)])
    assert first.speed.value == pytest.approx(10 / 1.1)
    assert BUSY not in first.speed.source
    assert second.speed.value == 10.0  # the quickest third
    assert BUSY in second.speed.source


def test_a_profile_with_kernels_is_written_and_read() -> None:
    profile = timed_machine(*kernel_speeds([(SMALL[0], _timing())], 2))
    found = parse_profile(profile_text(profile).encode(), "a test")
    assert found == profile
    assert isinstance(found.engine, EngineSpeeds)
    assert table_of(found) is not None


def test_a_profile_from_before_there_were_engine_speeds_is_read() -> None:
    old = MachineProfile(name="old", date="2026-11-22", fingerprint="0")
    text = profile_text(old).replace('"engine": null', '"format": 1', 1)
    assert '"engine"' not in text
    assert parse_profile(text.encode(), "a test").engine is None


def _timing() -> Timing:
    return Timing(seconds=[1e-3] * 3, shares=[1.0] * 3, count=1, work_bytes=2**16)
