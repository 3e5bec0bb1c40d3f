"""What is understood of a sentence, and that the rest is said."""

from __future__ import annotations

from typing import Any

import pytest

from hearth.errors import InvalidRequest
from hearth.machine.describe import describe_machine
from hearth.plan.claims import Claim, read_claim


def read(text: str) -> Claim:
    reading = read_claim(text)
    assert not reading.ignored
    return reading.claim


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("70B", {"num_parameters": 70e9}),
        ("a 70 billion parameter model", {"num_parameters": 70e9}),
        ("1.5B", {"num_parameters": 1.5e9}),
        ("135M params", {"num_parameters": 135e6}),
        ("1T", {"num_parameters": 1e12}),
        ("30B-A3B", {"num_parameters": 30e9, "active_parameters": 3e9}),
        ("671B (37B active)", {"num_parameters": 671e9, "active_parameters": 37e9}),
        ("50 tok/s", {"speed": 50.0}),
        ("1,234.5 tokens per second", {"speed": 1234.5}),
        ("2k t/s", {"speed": 2000.0}),
        ("30 tps", {"speed": 30.0}),
        ("40 ms per token", {"speed": 25.0}),
        ("20 tok/s each with 8 users", {"speed": 20.0, "is_per_sequence": True, "batch": 8}),
        ("batch size of 16", {"batch": 16}),
        ("prefill at 900 tok/s", {"prompt_speed": 900.0}),
        ("900 tok/s prompt processing", {"prompt_speed": 900.0}),
        ("pp512 of 1.2k t/s", {"prompt_speed": 1200.0}),
        ("TTFT of 300 ms for a 2k prompt", {"first_token_s": 0.3, "prompt_tokens": 2048}),
        ("time to first token under 2 s", {"first_token_s": 2.0}),
        ("128k context", {"context": 131_072}),
        ("a context window of 200,000 tokens", {"context": 200_000}),
        ("200k tokens of context", {"context": 200_000}),
        ("ctx 1M", {"context": 2**20}),
        ("in 24 GB of VRAM", {"memory_bytes": 24e9, "memory_kind": "VRAM"}),
        ("16GiB memory", {"memory_bytes": 16 * 2**30}),
        ("with 64 GB RAM", {"ram_bytes": 64e9}),
        ("speculative decoding", {"drafts": True}),
        ("KV cache in q8_0", {"kv_type": "q8_0"}),
        ("fp16 KV", {"kv_type": "f16"}),
        ("pre-trained on 15T tokens", {"method": "pre-training", "train_tokens": 15e12}),
        ("full fine-tuning over 2 weeks", {"method": "full fine-tuning", "seconds": 14 * 86400.0}),
        ("LoRA with rank 64", {"method": "LoRA", "rank": 64}),
        ("fine-tuned by Q-LoRA", {"method": "QLoRA"}),
        (
            "download 40 GB in 5 minutes at 100 Mbps",
            {
                "is_download": True,
                "download_bytes": 40e9,
                "seconds": 300.0,
                "link_bits_per_s": 100e6,
            },
        ),
        ("loads from a 500 MB/s SSD", {"is_load": True, "disk_bytes_per_s": 500e6}),
    ],
)
def test_statements(text: str, fields: dict[str, Any]) -> None:
    claim = read(text)
    for name, value in fields.items():
        assert (
            getattr(claim, name) == pytest.approx(value)
            if isinstance(value, float)
            else (getattr(claim, name) == value)
        ), name


@pytest.mark.parametrize(
    ("text", "bandwidth"),
    [
        ("dual-channel DDR5-5600", 89.6e9),
        ("DDR5-5600 x2", 89.6e9),
        ("2x DDR5 5600 MT/s", 89.6e9),
        ("DDR4-3200 (quad channel)", 102.4e9),
        ("single channel DDR4 2666", 21.328e9),
        ("12-channel DDR5-4800", 460.8e9),
        ("LPDDR5X-8533 256-bit", 273.056e9),
        ("DDR5-6000", 96e9),
        ("800 GB/s memory bandwidth", 800e9),
        ("3.35 TB/s", 3.35e12),
        ("an RTX 4090", 1008e9),
        ("RTX4090", 1008e9),
        ("Apple M2 Ultra", 800e9),
    ],
)
def test_hardware(text: str, bandwidth: float) -> None:
    computer = read(text).computer
    assert computer is not None
    assert [device.bandwidth for device in computer.devices] == [pytest.approx(bandwidth)]


@pytest.mark.parametrize("text", ["2x RTX 3090", "2 x RTX 3090", "dual RTX 3090s", "RTX 3090 x2"])
def test_several_gpus(text: str) -> None:
    computer = read(text).computer
    assert computer is not None
    assert [device.bandwidth for device in computer.devices] == [936e9, 936e9]


def test_a_link_is_read_with_its_lanes() -> None:
    computer = read("RTX 4090 on PCIe 4.0 x8 with DDR5-6000 x2").computer
    assert computer is not None
    assert computer.link == pytest.approx(15.75e9, rel=0.01)
    assert [device.kind for device in computer.devices] == ["gpu", "cpu"]


def test_names_are_read_before_the_numbers_in_them() -> None:
    claim = read("Llama 3.1 70B on an RTX 3090")
    assert claim.model is not None
    assert claim.model.name == "Llama-3.1-70B"
    assert claim.rounding == 0
    assert read("mixtral-8x7b").active_parameters == pytest.approx(12.9e9, rel=0.01)


def test_a_distilled_model_is_not_its_teacher() -> None:
    reading = read_claim("DeepSeek-R1-Distill-Llama-70B at Q4_K_M")
    assert reading.claim.model is None
    assert reading.claim.rank is None
    assert reading.claim.num_parameters == 70e9
    assert reading.ignored == ("deepseek-r1-distill-llama",)


def test_labels_are_rounded() -> None:
    assert read("7B").rounding == pytest.approx(0.5 / 7)
    assert read("70B").rounding == pytest.approx(0.02)
    assert read("1B").rounding == pytest.approx(0.10)


def test_what_is_not_understood_is_said() -> None:
    reading = read_claim("My quantum 70B does 50 tok/s on a flux-capacitor, obviously")
    assert reading.ignored == ("quantum", "flux-capacitor", "obviously")
    assert [each.text for each in reading.understood] == ["70b", "50 tok/s"]


def test_what_is_assumed_is_said() -> None:
    reading = read_claim("70B on DDR5-6000")
    assert "2 were assumed" in reading.notes[0]
    assert not read_claim("70B on DDR5-6000 x2").notes


def test_a_name_of_several_gpus_is_not_guessed() -> None:
    reading = read_claim("70B on an A100")
    assert reading.claim.computer is None
    assert "A100 40 GB" in reading.notes[0]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("50 tok/s and 60 tok/s", "speed twice: 50 and 60"),
        ("70B and 8B", "num parameters twice"),
        ("Llama 3.1 8B or Mistral 7B", "model twice"),
        ("8x22B at Q4_0", "experts share attention"),
        ("hello there", "Nothing in"),
        ("", "Nothing in"),
        ("70B " * 400, "characters"),
    ],
)
def test_refused(text: str, match: str) -> None:
    with pytest.raises(InvalidRequest, match=match) as error:
        read_claim(text)
    assert error.value.hint


def test_options_must_be_understood_whole() -> None:
    claim = read_claim("70B", [("speed", "50 tokens/s"), ("quant", "Q4_K_M")]).claim
    assert (claim.speed, claim.num_parameters) == (50.0, 70e9)
    with pytest.raises(InvalidRequest, match="--prompt-speed") as error:
        read_claim("70B", [("prompt_speed", "prompt fast tokens/s")])
    assert error.value.param == "prompt_speed"


def test_a_profile_is_the_hardware() -> None:
    machine = describe_machine("RTX 4090 + DDR5-6000 x2")
    reading = read_claim("70B at 5 tok/s", machine=machine)
    assert reading.claim.computer is not None
    assert len(reading.claim.computer.devices) == 2
    assert reading.understood[-1].text == machine.name
    with pytest.raises(InvalidRequest, match="as well"):
        read_claim("70B on DDR4-3200 x2", machine=machine)


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "1" * 999,
        "9" * 400 + "B at 0 tok/s",
        "0B in 0 GB",
        "(" * 500,
        "0 ms per token 70B",
        "0x RTX 4090",
        "70B for 0 users",
    ],
)
def test_odd_sentences_end_in_a_claim_or_an_error(text: str) -> None:
    try:
        assert read_claim(text).understood
    except InvalidRequest as error:
        assert error.hint  # noqa: PT017 - either outcome is right
