"""What a header means: figures of good models, and refusal of impossible ones (G18, G19, G28)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from hearth.errors import BadModelFile
from hearth.models.gguf.architectures import architectures
from hearth.models.gguf.header import read_header
from hearth.models.gguf.info import ModelInfo, describe, inspect
from support.gguf_bytes import (
    BOOL,
    F32,
    I32,
    STRING,
    U32,
    U64,
    VOCAB,
    array,
    entry,
    gguf,
    model_entries,
    model_file,
    text,
    u32,
    value,
    whole,
)
from support.pico import write_pico


def info_of(tmp_path: Path, architecture: str = "llama", /, **changes: bytes | None) -> ModelInfo:
    path = tmp_path / "model.gguf"
    path.write_bytes(model_file(architecture, **changes))
    return inspect(path)


def widths(info: ModelInfo) -> list[tuple[int, int]]:
    return [(layer.key_width, layer.value_width) for layer in info.layers]


# --- good models ------------------------------------------------------------------------------


def test_pico_model(tmp_path: Path) -> None:
    info = inspect(write_pico(tmp_path / "pico.gguf"))
    assert info.architecture == "llama"
    assert (info.num_layers, info.num_heads, info.num_kv_heads) == (2, 4, 2)
    assert (info.key_length, info.value_length) == (16, 16)
    assert widths(info) == [(32, 32)] * 2
    assert info.num_parameters == info.active_parameters == 108_224
    assert info.weight_bytes == 4 * 108_224
    assert (info.quantization, info.bits_per_weight) == ("F32", 32.0)
    assert (info.vocab_size, info.eos_token_id, info.tokenizer) == (267, 266, "gpt2")
    assert info.context_length == 512
    assert info.chat_template
    assert info.cannot_chat is None


@pytest.mark.starter
def test_starter_model(starter_path: Path) -> None:
    info = inspect(starter_path)
    assert info.num_parameters == 134_515_008
    assert (info.num_layers, info.num_heads, info.num_kv_heads) == (30, 9, 3)
    assert (info.quantization, info.license) == ("Q4_1", "apache-2.0")
    assert 5.7 < info.bits_per_weight < 5.8
    assert info.context_length == 8192
    assert "<|im_start|>" in (info.chat_template or "")


def test_head_sizes_of_their_own(tmp_path: Path) -> None:
    info = info_of(
        tmp_path,
        key_length=u32("llama.attention.key_length", 24),
        value_length=u32("llama.attention.value_length", 48),
    )
    assert widths(info) == [(2 * 24, 2 * 48)] * 2
    assert (info.key_length, info.value_length) == (24, 48)


def test_key_value_heads_per_layer(tmp_path: Path) -> None:
    heads = array("llama.attention.head_count_kv", U32, [1, 4])
    assert widths(info_of(tmp_path, head_count_kv=heads)) == [(16, 16), (64, 64)]


def test_key_value_heads_default_to_heads(tmp_path: Path) -> None:
    assert widths(info_of(tmp_path, head_count_kv=None)) == [(64, 64)] * 2


def test_sliding_window_by_the_family(tmp_path: Path) -> None:
    window = u32("gemma3.attention.sliding_window", 512)
    info = info_of(tmp_path, "gemma3", block_count=u32("gemma3.block_count", 12), window=window)
    assert info.sliding_window == 512
    assert [layer.windowed for layer in info.layers] == ([True] * 5 + [False]) * 2


def test_sliding_window_with_the_full_layer_first(tmp_path: Path) -> None:
    count = u32("smallthinker.block_count", 4)
    info = info_of(tmp_path, "smallthinker", block_count=count)
    assert info.sliding_window == 4096
    assert [layer.windowed for layer in info.layers] == [False, True, True, True]


def test_sliding_window_by_the_header(tmp_path: Path) -> None:
    info = info_of(
        tmp_path,
        "gemma4",
        window=u32("gemma4.attention.sliding_window", 64),
        pattern=array("gemma4.attention.sliding_window_pattern", BOOL, [1, 0]),
        key_length_swa=u32("gemma4.attention.key_length_swa", 8),
        value_length_swa=u32("gemma4.attention.value_length_swa", 8),
    )
    assert [layer.windowed for layer in info.layers] == [True, False]
    assert widths(info) == [(16, 16), (32, 32)]


def test_a_window_that_the_engine_ignores_is_none(tmp_path: Path) -> None:
    info = info_of(tmp_path, "qwen2", window=u32("qwen2.attention.sliding_window", 64))
    assert info.sliding_window is None
    assert not any(layer.windowed for layer in info.layers)


def test_latent_attention_keeps_one_row(tmp_path: Path) -> None:
    info = info_of(
        tmp_path,
        "deepseek2",
        head_count_kv=u32("deepseek2.attention.head_count_kv", 1),
        key_length=u32("deepseek2.attention.key_length", 576),
        value_length=u32("deepseek2.attention.value_length", 512),
        key_length_mla=u32("deepseek2.attention.key_length_mla", 192),
        value_length_mla=u32("deepseek2.attention.value_length_mla", 128),
    )
    assert widths(info) == [(576, 0)] * 2


def test_recurrent_model_keeps_a_state(tmp_path: Path) -> None:
    info = info_of(
        tmp_path,
        "mamba",
        head_count=None,
        head_count_kv=None,
        kernel=u32("mamba.ssm.conv_kernel", 4),
        inner=u32("mamba.ssm.inner_size", 128),
        state=u32("mamba.ssm.state_size", 16),
    )
    assert widths(info) == [(0, 0)] * 2
    assert info.layers[0].state_bytes == 4 * (3 * 128 + 16 * 128)


def test_hybrid_by_interval(tmp_path: Path) -> None:
    info = info_of(
        tmp_path,
        "qwen3next",
        block_count=u32("qwen3next.block_count", 8),
        inner=u32("qwen3next.ssm.inner_size", 128),
        state=u32("qwen3next.ssm.state_size", 8),
    )
    attends = [index in (3, 7) for index in range(8)]
    assert [bool(layer.key_width) for layer in info.layers] == attends
    assert [not layer.state_bytes for layer in info.layers] == attends


def test_hybrid_by_missing_heads(tmp_path: Path) -> None:
    info = info_of(
        tmp_path,
        "lfm2",
        head_count_kv=array("lfm2.attention.head_count_kv", U32, [0, 2]),
        cache=u32("lfm2.shortconv.l_cache", 3),
    )
    assert widths(info) == [(0, 0), (32, 32)]
    assert [layer.state_bytes for layer in info.layers] == [4 * 64 * 2, 0]


def test_layers_that_share_keys_of_earlier_ones(tmp_path: Path) -> None:
    shared = u32("gemma4.attention.shared_kv_layers", 1)
    assert widths(info_of(tmp_path, "gemma4", shared=shared)) == [(32, 32), (0, 0)]


def test_mixture_of_experts(tmp_path: Path) -> None:
    entries = model_entries(
        "qwen3moe",
        experts=u32("qwen3moe.expert_count", 8),
        used=u32("qwen3moe.expert_used_count", 2),
        width=u32("qwen3moe.expert_feed_forward_length", 96),
    )
    path = tmp_path / "model.gguf"
    experts = {"token_embd.weight": ([64, VOCAB], 0), "blk.0.ffn_up_exps.weight": ([64, 96, 8], 0)}
    path.write_bytes(whole(entries, experts))
    info = inspect(path)
    assert (info.num_experts, info.num_experts_used) == (8, 2)
    assert info.num_parameters - info.active_parameters == 64 * 96 * 6
    assert info.feed_forward_length == 2 * 96


def test_mix_of_quantizations_has_its_known_name(tmp_path: Path) -> None:
    shapes = {"token_embd.weight": ([256, VOCAB], 12), "blk.0.ffn_up.weight": ([256, 256], 12)}
    width = u32("llama.embedding_length", 256)
    path = tmp_path / "model.gguf"
    for claimed, name in ((15, "Q4_K_M"), (17, "Q4_K"), (0, "Q4_K")):
        kind = u32("general.file_type", claimed)
        path.write_bytes(whole(model_entries(embedding_length=width, kind=kind), shapes))
        assert inspect(path).quantization == name


def test_embedding_models_say_that_they_cannot_chat(tmp_path: Path) -> None:
    assert info_of(tmp_path, "bert", eos_token_id=None).cannot_chat == "an embedding model"


def test_families_without_a_formula_say_so(tmp_path: Path) -> None:
    assert not info_of(tmp_path, "glm-dsa").exact_memory


def test_absent_special_tokens(tmp_path: Path) -> None:
    info = info_of(tmp_path, eos_token_id=u32("tokenizer.ggml.eos_token_id", 2**32 - 1))
    assert info.eos_token_id is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x1b[2Jb\nc", "a\\x1b[2Jb\\nc"),
        ("abc‮gfed", "abc\\u202egfed"),
        ("x" * 10**6, "x" * 119 + "…"),
    ],
)
def test_g28_name_is_safe_to_show(tmp_path: Path, name: str, shown: str) -> None:
    assert info_of(tmp_path, name=text("general.name", name)).name == shown


# --- impossible models ------------------------------------------------------------------------

LLAMA_SIZES = {
    "block_count": "llama.block_count",
    "head_count": "llama.attention.head_count",
    "context_length": "llama.context_length",
    "embedding_length": "llama.embedding_length",
}
TOKENS = "tokenizer.ggml.tokens"

IMPOSSIBLE: dict[str, tuple[dict[str, bytes | None], str]] = {
    "G18 no architecture": ({"architecture": None}, "lacks general.architecture"),
    "G18 architecture is a number": (
        {"architecture": u32("general.architecture", 1)},
        "lacks general.architecture",
    ),
    "G18 no layers": ({"block_count": None}, "lacks llama.block_count"),
    "G18 zero layers": ({"block_count": u32("llama.block_count", 0)}, "block_count is 0"),
    "G18 a billion layers": ({"block_count": u32("llama.block_count", 10**9)}, "at most 512"),
    "G18 layers as text": ({"block_count": text("llama.block_count", "2")}, "not a whole number"),
    "G18 zero heads": ({"head_count": u32("llama.attention.head_count", 0)}, "0 attention heads"),
    "G18 no heads": ({"head_count": None}, "0 attention heads"),
    "G18 heads for too few layers": (
        {"head_count_kv": array("llama.attention.head_count_kv", U32, [2])},
        "has 1 entries for 2 layers",
    ),
    "G18 heads that do not divide": (
        {"head_count_kv": u32("llama.attention.head_count_kv", 3)},
        "4 heads that share 3",
    ),
    "G18 endless context": (
        {"context_length": entry("llama.context_length", U64, value(U64, 2**63))},
        "context_length is 9,223,372,036,854,775,808",
    ),
    "G18 no context": ({"context_length": u32("llama.context_length", 0)}, "context_length is 0"),
    "G18 context as fraction": (
        {"context_length": entry("llama.context_length", F32, value(F32, 1.5))},
        "not a whole number",
    ),
    "G18 no width": ({"embedding_length": None}, "lacks llama.embedding_length"),
    "G18 too many experts": ({"experts": u32("llama.expert_count", 5000)}, "5,000 experts"),
    "G18 more experts used than there are": (
        {"experts": u32("llama.expert_count", 4), "used": u32("llama.expert_used_count", 8)},
        "use 8 of 4 experts",
    ),
    "G18 no expert used": ({"experts": u32("llama.expert_count", 4)}, "use 0 of 4 experts"),
    "G19 fewer tokens than embeddings": (
        {
            "tokens": array(TOKENS, STRING, ["a"]),
            "token_type": None,
            "eos_token_id": None,
        },
        "token embeddings have shape (64, 10), but the header wants (64, 1)",
    ),
    "G19 no vocabulary": ({"tokens": None, "token_type": None}, "has no vocabulary"),
    "G19 tokens as number": ({"tokens": u32(TOKENS, 10)}, "is 10 and not an array"),
    "G19 end token outside": (
        {"eos_token_id": u32("tokenizer.ggml.eos_token_id", VOCAB)},
        "outside its 10 tokens",
    ),
    "G19 start token outside": (
        {"bos": u32("tokenizer.ggml.bos_token_id", 99)},
        "outside its 10 tokens",
    ),
    "G19 scores too few": (
        {"scores": array("tokenizer.ggml.scores", F32, [0.0] * 9)},
        "10 tokens but 9 entries in tokenizer.ggml.scores",
    ),
    "G19 types too many": (
        {"token_type": array("tokenizer.ggml.token_type", I32, [1] * 11)},
        "10 tokens but 11 entries",
    ),
    "template as number": (
        {"template": u32("tokenizer.chat_template", 1)},
        "chat_template is 1 and not a text",
    ),
    "parts as text": ({"split": text("split.count", "2")}, "split.count is not a whole number"),
    "adapter": ({"type": text("general.type", "adapter")}, "a LoRA adapter"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_model_is_refused(tmp_path: Path, name: str) -> None:
    changes, reason = IMPOSSIBLE[name]
    with pytest.raises(BadModelFile) as caught:
        info_of(tmp_path, **changes)
    assert reason in caught.value.message


def test_g18_unknown_architecture_names_its_neighbours(tmp_path: Path) -> None:
    with pytest.raises(BadModelFile, match="'lama'") as caught:
        info_of(tmp_path, "lama")
    assert "llama" in (caught.value.hint or "")


def test_projector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModelFile, match="belongs to another model"):
        info_of(tmp_path, "clip")


def test_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf(model_entries()))
    with pytest.raises(BadModelFile, match="no weights"):
        inspect(path)


def test_no_embeddings(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(whole(model_entries(), {"output.weight": ([64, VOCAB], 0)}))
    with pytest.raises(BadModelFile, match=r"lacks the tensor token_embd\.weight"):
        inspect(path)


def test_one_part_of_several_is_not_described_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(model_file(split=u32("split.count", 2)))
    with pytest.raises(BadModelFile, match="not part 1"):
        describe(read_header(path))


def test_every_row_of_the_table_names_a_known_architecture() -> None:
    table = architectures()
    for rows in (
        table.cannot_chat,
        table.sliding_window,
        table.recurrent,
        table.first_shared_layer,
        table.partial_formula,
        table.not_rotary,
    ):
        assert set(rows) <= table.known


@pytest.mark.tiny
def test_every_known_architecture_stands_in_the_engine() -> None:
    package = importlib.util.find_spec("llama_cpp")
    assert package is not None
    assert package.origin is not None
    libraries = Path(package.origin).parent.joinpath("lib").glob("*llama.*")
    content = b"".join(path.read_bytes() for path in libraries)
    missing = [name for name in architectures().known if name.encode() + b"\0" not in content]
    assert not missing
