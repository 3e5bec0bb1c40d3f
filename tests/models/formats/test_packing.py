"""Models whose weights are packed: what they hold is counted in weights, by each format's rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hearth.models.card import ModelCard
from hearth.models.identify import identify
from support.hub_folders import write_json, write_weights

IN, OUT = 128, 64  # one matrix of 8,192 weights
NAME = "model.layers.0.self_attn.q_proj"


def packed_model(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray], **options: Any
) -> ModelCard:
    folder.mkdir()
    write_json(folder / "config.json", {"model_type": "llama", **config})
    write_weights(folder, tensors, **options)
    return identify(folder)


def zeros(*shape: int, kind: Any = np.int32) -> np.ndarray:
    return np.zeros(shape, kind)


def test_gptq(tmp_path: Path) -> None:
    tensors = {
        f"{NAME}.qweight": zeros(IN // 8, OUT),
        f"{NAME}.qzeros": zeros(1, OUT // 8),
        f"{NAME}.scales": zeros(1, OUT, kind=np.float16),
        f"{NAME}.g_idx": zeros(IN),
        "model.norm.weight": zeros(OUT, kind=np.float16),
    }
    named = {"quant_method": "gptq", "bits": 4, "group_size": 128}
    card = packed_model(tmp_path / "m", {"quantization_config": named}, tensors)
    assert (card.format, card.quantization) == ("gptq", "GPTQ, 4 bits, groups of 128")
    assert card.num_parameters == IN * OUT + OUT
    assert card.runs_here is None
    assert card.if_not is not None
    assert "GPTQ" in card.if_not.reason


def test_awq_of_an_older_program_is_known_by_its_own_file(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    tensors = {
        f"{NAME}.qweight": zeros(IN, OUT // 8),
        f"{NAME}.qzeros": zeros(1, OUT // 8),
        f"{NAME}.scales": zeros(1, OUT, kind=np.float16),
    }
    packed_model(folder, {}, tensors)
    write_json(folder / "quant_config.json", {"w_bit": 4, "q_group_size": 128, "zero_point": True})
    card = identify(folder)
    assert (card.format, card.quantization) == ("awq", "AWQ, 4 bits, groups of 128")
    assert card.num_parameters == IN * OUT


@pytest.mark.parametrize(("bits", "pack"), [(4, 8), (8, 4), (3, None)])
def test_mlx(bits: int, pack: int | None, tmp_path: Path) -> None:
    columns = IN // pack if pack else IN * bits // 32
    tensors = {
        f"{NAME}.weight": zeros(OUT, columns, kind=np.uint32),
        f"{NAME}.scales": zeros(OUT, IN // 64, kind=np.float16),
        f"{NAME}.biases": zeros(OUT, IN // 64, kind=np.float16),
    }
    config = {"quantization": {"group_size": 64, "bits": bits}}
    card = packed_model(tmp_path / "m", config, tensors, metadata={"format": "mlx"})
    assert card.format == "mlx"
    assert card.num_parameters == IN * OUT
    assert card.bits_per_weight == pytest.approx(bits + 0.5)


def test_mlx_without_quantization(tmp_path: Path) -> None:
    tensors = {f"{NAME}.weight": zeros(OUT, IN, kind=np.float16)}
    card = packed_model(tmp_path / "m", {}, tensors, metadata={"format": "mlx"})
    assert (card.format, card.quantization) == ("mlx", "F16")


@pytest.mark.parametrize(
    ("named", "label"),
    [
        ({"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}, "bitsandbytes, NF4"),
        (
            {
                "load_in_4bit": True,
                "bnb_4bit_quant_type": "nf4",
                "bnb_4bit_use_double_quant": True,
            },
            "bitsandbytes, NF4, scales quantized too",
        ),
    ],
)
def test_bitsandbytes_of_four_bits(named: dict[str, Any], label: str, tmp_path: Path) -> None:
    tensors = {
        f"{NAME}.weight": zeros(IN * OUT // 2, 1, kind=np.uint8),
        f"{NAME}.weight.absmax": zeros(IN * OUT // 64, kind=np.uint8),
        f"{NAME}.weight.quant_map": zeros(16, kind=np.float32),
        f"{NAME}.weight.quant_state.bitsandbytes__nf4": zeros(80, kind=np.uint8),
    }
    config = {"quantization_config": {"quant_method": "bitsandbytes", **named}}
    card = packed_model(tmp_path / "m", config, tensors)
    assert (card.format, card.quantization) == ("bitsandbytes", label)
    assert card.num_parameters == IN * OUT


def test_bitsandbytes_of_eight_bits(tmp_path: Path) -> None:
    tensors = {
        f"{NAME}.weight": zeros(OUT, IN, kind=np.int8),
        f"{NAME}.SCB": zeros(OUT, kind=np.float32),
        f"{NAME}.weight_format": zeros(kind=np.uint8),
    }
    config = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}
    card = packed_model(tmp_path / "m", config, tensors)
    assert card.quantization == "bitsandbytes, 8 bits"
    assert card.num_parameters == IN * OUT


def test_exl2(tmp_path: Path) -> None:
    tensors = {
        f"{NAME}.q_weight": zeros(18, OUT),
        f"{NAME}.q_invperm": zeros(IN, kind=np.int16),
        f"{NAME}.q_scale": zeros(4, OUT // 8),
        f"{NAME}.q_scale_max": zeros(4, kind=np.float16),
        f"{NAME}.q_groups": zeros(8, kind=np.int16),
    }
    config = {"quantization_config": {"quant_method": "exl2", "bits": 4.25, "head_bits": 6}}
    card = packed_model(tmp_path / "m", config, tensors)
    assert (card.format, card.quantization) == ("exl2", "EXL2, 4.25 bits")
    assert card.num_parameters == IN * OUT


def test_exl3(tmp_path: Path) -> None:
    tensors = {
        f"{NAME}.trellis": zeros(IN // 16, OUT // 16, 48, kind=np.int16),
        f"{NAME}.suh": zeros(IN, kind=np.float16),
        f"{NAME}.svh": zeros(OUT, kind=np.float16),
    }
    config = {"quantization_config": {"quant_method": "exl3", "bits": 3.0}}
    card = packed_model(tmp_path / "m", config, tensors)
    assert (card.format, card.quantization) == ("exl3", "EXL3, 3 bits")
    assert card.num_parameters == IN * OUT


def test_compressed_tensors(tmp_path: Path) -> None:
    tensors = {
        f"{NAME}.weight_packed": zeros(OUT, IN // 8),
        f"{NAME}.weight_scale": zeros(OUT, 1, kind=np.float16),
        f"{NAME}.weight_shape": zeros(2, kind=np.int64),
    }
    named = {
        "quant_method": "compressed-tensors",
        "config_groups": {"group_0": {"weights": {"num_bits": 4}}},
    }
    card = packed_model(tmp_path / "m", {"quantization_config": named}, tensors)
    assert card.format == "compressed-tensors"
    assert card.num_parameters == IN * OUT
    assert card.if_not is not None


def test_mxfp4(tmp_path: Path) -> None:
    tensors = {
        "model.layers.0.mlp.experts.gate_up_proj_blocks": zeros(4, OUT, 4, 16, kind=np.uint8),
        "model.layers.0.mlp.experts.gate_up_proj_scales": zeros(4, OUT, 4, kind=np.uint8),
    }
    config = {
        "model_type": "gpt_oss",
        "quantization_config": {"quant_method": "mxfp4"},
        "num_local_experts": 4,
        "num_experts_per_tok": 1,
    }
    card = packed_model(tmp_path / "m", config, tensors)
    assert card.num_parameters == 4 * IN * OUT
    assert card.active_parameters == IN * OUT
    assert card.bits_per_weight == pytest.approx(4.25)


@pytest.mark.parametrize(
    "named",
    [
        {"quant_method": "gptq", "bits": 0},
        {"quant_method": "gptq", "bits": 1e-300},
        {"quant_method": "gptq", "bits": "four"},
        {"quant_method": "exl2", "bits": True},
        {"quant_method": "\x1b[2J" * 50, "bits": 4},
        {"quant_method": 4},
        [],
    ],
)
def test_impossible_settings_are_no_crash(named: Any, tmp_path: Path) -> None:
    tensors = {
        f"{NAME}.qweight": zeros(),
        f"{NAME}.q_weight": zeros(),
        f"{NAME}.q_invperm": zeros(),
    }
    card = packed_model(tmp_path / "m", {"quantization_config": named}, tensors)
    assert "\x1b" not in card.format
