"""Dividing a model among devices: what fits, where it lies, and that nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.models.blueprint import public_model, quantized, write_stand_in
from hearth.models.gguf.info import inspect
from hearth.plan.choose.offer import offers, settings_for
from hearth.plan.choose.placing import placements
from hearth.plan.choose.split import Split
from hearth.plan.computers import computer_of
from hearth.plan.kernels import table_of
from hearth.plan.look_back import Pass
from hearth.plan.passes import PassTime, pass_time
from hearth.plan.shape import shape_of
from support.kernels import kernel, look_back, timed_machine
from support.plans import model, table

DENSE, MIXTURE = "Llama-3.1-8B", "Qwen3-30B-A3B"
MACHINES = ("RTX 3070 + 64 GB DDR5-6000 x2", "2x RTX 3070 + 64 GB DDR4-3200 x2")


def kinds(name: str, machine: str, context: int = 8192) -> dict[str, bool]:
    subject, on = model(name), table(machine)
    settings = settings_for(subject, on, context=context, kv_type="f16", users=1)
    return {offer.split.kind: offer.fits for offer in offers(subject, on, settings)}


@pytest.mark.parametrize(
    ("name", "machine", "context", "expected"),
    [
        (DENSE, "64 GB DDR5-6000 x2", 8192, {"processor": True}),
        (DENSE, "8 GB DDR5-6000 x2", 131072, {"processor": False}),
        (DENSE, "RTX 4090 + 64 GB DDR5-6000 x2", 8192, {"gpu": True, "processor": True}),
        (
            DENSE,
            "RTX 3070 + 64 GB DDR5-6000 x2",
            65536,
            {"layers": True, "cache": True, "processor": True},
        ),
        (
            MIXTURE,
            "RTX 3070 + 64 GB DDR5-6000 x2",
            8192,
            {"experts": True, "layers": True, "processor": True},
        ),
        (DENSE, "Apple M4 Max (40-core GPU)", 8192, {"gpu": True}),
    ],
)
def test_the_ways_that_there_are(
    name: str, machine: str, context: int, expected: dict[str, bool]
) -> None:
    assert kinds(name, machine, context) == expected


@pytest.mark.parametrize(
    "machine", ["RTX 3070 + 64 GB DDR5-6000 x2", "2x RTX 3070 + 64 GB DDR4-3200 x2"]
)
@pytest.mark.parametrize("name", [DENSE, MIXTURE])
def test_every_byte_lies_somewhere(name: str, machine: str) -> None:
    subject, on = model(name), table(machine)
    settings = settings_for(subject, on, context=32768, kv_type="f16", users=1)
    for offer in offers(subject, on, settings):
        kept = sum(share.kv_bytes for share in offer.devices)
        weights = sum(share.weights_bytes for share in offer.devices)
        need = offer.memory
        assert kept == pytest.approx(need.kv_bytes + need.state_bytes, abs=8)
        # The input embeddings may lie twice: looked up here, multiplied by there.
        assert need.weights_bytes - 8 <= weights
        assert weights <= need.weights_bytes + subject.shape.output.weight_bytes + 8
        for share in offer.devices[:-1]:
            assert share.budget.free_bytes is not None
            assert share.total_bytes <= share.budget.free_bytes + 8


@pytest.mark.parametrize(
    "machine", ["RTX 3070 + 64 GB DDR5-6000 x2", "2x RTX 3070 + 64 GB DDR4-3200 x2"]
)
@pytest.mark.parametrize("name", [DENSE, MIXTURE])
def test_every_weight_is_computed_once(name: str, machine: str) -> None:
    subject, on = model(name), table(machine)
    computer = computer_of(on.profile, subject.shape)
    settings = settings_for(subject, on, context=32768, kv_type="f16", users=1)
    whole = sum(part.weights + part.expert_weights for part in subject.shape.parts)
    rows = sum(part.cache.key_width for part in subject.shape.parts)
    for offer in offers(subject, on, settings):
        placed = placements(offer.split, subject.shape, computer)
        assert placed is not None
        parts = [part for each in placed for part in each.parts]
        assert sum(part.weights + part.expert_weights for part in parts) == pytest.approx(whole)
        assert sum(part.cache.key_width for part in parts) == rows


def test_experts_left_behind_make_the_devices_take_turns() -> None:
    subject, on = model(MIXTURE), table("RTX 3070 + 64 GB DDR5-6000 x2")
    settings = settings_for(subject, on, context=8192, kv_type="f16", users=1)
    (offer,) = [each for each in offers(subject, on, settings) if each.split.kind == "experts"]
    placed = placements(offer.split, subject.shape, computer_of(on.profile, subject.shape))
    assert placed is not None
    host, gpu = placed
    assert host.visits == offer.split.cpu_experts
    assert gpu.visits == host.visits + 1


def test_what_is_left_behind_is_timed_without_what_gpus_compute(tmp_path: Path) -> None:
    blueprint = public_model("OLMoE-1B-7B-0924").blueprint.scaled(num_layers=2)
    path = write_stand_in(tmp_path / "experts.gguf", quantized(blueprint, "Q8_0"))
    shape = shape_of(inspect(path))
    computer = computer_of(table("RTX 3070 + 64 GB DDR5-6000 x2").profile, shape)
    timed = [kernel(kind, tokens, 10 / tokens) for kind in ("F32", "Q8_0") for tokens in (1, 512)]
    kernels = table_of(timed_machine(*timed, looks=(look_back("f16", 8),)))
    assert kernels is not None
    passing = Pass(tokens=100, sequences=1, outputs=100, depth=0, kv_type="f16")

    def behind(split: Split) -> PassTime:
        placed = placements(split, shape, computer)
        assert placed is not None
        return pass_time(shape, placed[0].parts, kernels, passing)

    whole = pass_time(shape, shape.layers, kernels, passing)
    cache = behind(Split(kind="cache", gpu_layers=3, cpu_cache=True, segments=((0, 3),)))
    assert cache.attention == whole.attention
    assert cache.weights.likely == cache.between.likely == 0
    experts = behind(Split(kind="experts", gpu_layers=3, cpu_experts=2, segments=((0, 3),)))
    assert experts.attention.likely == 0
    assert 0 < experts.weights.likely < whole.weights.likely


def test_a_device_without_figures_computes_nothing() -> None:
    subject, on = model(DENSE), table("64 GB")
    settings = settings_for(subject, on, context=8192, kv_type="f16", users=1)
    (offer,) = offers(subject, on, settings)
    assert placements(offer.split, subject.shape, computer_of(on.profile)) is None
