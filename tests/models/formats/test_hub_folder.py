"""What stands beside the weights: README, recipe of a merge, templates, index, tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearth.errors import BadModelFile, ModelNotFound
from hearth.models.card import Abilities
from hearth.models.formats.chat_template import template_abilities
from hearth.models.formats.documents import parse_yaml
from hearth.models.identify import identify, identify_remote
from support.hub_folders import write_hub_model, write_json
from support.pico import CHATML

README = (
    """---
license: other
model-index:
- results:
"""
    + "  - {type: benchmark, value: 0.5}\n" * 5000
    + """
license_name: pico-licence
base_model:
- owner/base
base_model_relation: finetune
pipeline_tag: text-generation
---
# A model
"""
)


def test_the_head_of_the_readme(tmp_path: Path) -> None:
    card = identify(write_hub_model(tmp_path / "m", "llama", readme=README))
    assert card.license == "pico-licence"
    assert card.lineage.base_models == ("owner/base",)
    assert card.lineage.merged_from == ()


@pytest.mark.parametrize("head", ["base_model_relation: merge", "tags: [merge, mergekit]"])
def test_a_merge_is_known_by_its_readme(head: str, tmp_path: Path) -> None:
    readme = f"---\nbase_model: [a/one, b/two]\n{head}\n---\n"
    card = identify(write_hub_model(tmp_path / "m", "llama", readme=readme))
    assert card.lineage.merged_from == ("a/one", "b/two")


@pytest.mark.parametrize(
    ("recipe", "method", "sources", "bases"),
    [
        (
            "merge_method: dare_ties\nbase_model: a/base\nmodels:\n"
            "- model: a/base\n- model: b/one\n  parameters: {weight: 0.5}\n",
            "dare_ties",
            ("a/base", "b/one"),
            ("a/base",),
        ),
        (
            "merge_method: passthrough\nslices:\n- sources:\n  - model: a/one\n"
            "    layer_range: [0, 2]\n- sources:\n  - model: {model: b/two}\n",
            "passthrough",
            ("a/one", "b/two"),
            (),
        ),
        ("experts:\n- source_model: a/x\n- source_model: b/y\n", None, ("a/x", "b/y"), ()),
    ],
)
def test_the_recipe_of_mergekit(
    recipe: str,
    method: str | None,
    sources: tuple[str, ...],
    bases: tuple[str, ...],
    tmp_path: Path,
) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    (folder / "mergekit_config.yml").write_text(recipe)
    lineage = identify(folder).lineage
    assert (lineage.merge_method, lineage.merged_from) == (method, sources)
    assert lineage.base_models == bases


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1, 2]\nb: [*x, *x]\n",
        "{" * 500,
        "- a list\n",
        "key: [unclosed",
        "date: 2024-13-45\n",
        "? [a, b]\n: c\n",
        "!!python/object/apply:os.system ['true']\n",
        "\x00",
        "",
    ],
)
def test_yaml_that_is_hostile_or_broken_counts_as_missing(text: str) -> None:
    assert parse_yaml(text.encode()) == {}


@pytest.mark.parametrize("text", ["no json", "[1, 2]", "[" * 100_000, '{"a": 1' + "0" * 9999 + "}"])
def test_a_config_that_is_broken_counts_as_missing(text: str, tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    (folder / "config.json").write_text(text)
    card = identify(folder)
    assert card.architecture is None
    assert card.num_layers == 4  # the tensors tell
    assert card.if_not is not None
    assert "config.json" in card.if_not.reason


TOOLS = "{% if tools %}{{ tools | tojson }}{% endif %}"
MODEL_TEMPLATES = [
    (CHATML, Abilities(tools=False, thinking=False, images=False)),
    (TOOLS + CHATML, Abilities(tools=True, thinking=False, images=False)),
    (
        CHATML + "{% if enable_thinking %}x{% endif %}",
        Abilities(tools=False, thinking=True, images=False),
    ),
    (CHATML + "<think>\n", Abilities(tools=False, thinking=True, images=False)),
    (
        "{% for part in content %}{% if part.type == 'image' %}<img>{% endif %}{% endfor %}",
        Abilities(tools=False, thinking=False, images=True),
    ),
    (
        "{# tools, thinking and <image> are not used #}" + CHATML,
        Abilities(tools=False, thinking=False, images=False),
    ),
    (
        "{% generation %}{{ tools }}{% endgeneration %}",
        Abilities(tools=True, thinking=False, images=False),
    ),
    ("{{ ( ] }}", Abilities()),
    ("x" * 300_000, Abilities()),
    (None, Abilities()),
]


@pytest.mark.parametrize(("template", "abilities"), MODEL_TEMPLATES)
def test_what_a_template_shows(template: str | None, abilities: Abilities) -> None:
    assert template_abilities(template) == abilities


def test_a_template_in_a_file_of_its_own_comes_first(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    assert identify(folder).chat_template == CHATML
    named = [{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]
    write_json(folder / "tokenizer_config.json", {"chat_template": named})
    assert identify(folder).chat_template == "b"
    (folder / "chat_template.jinja").write_text(TOOLS)
    card = identify(folder)
    assert (card.chat_template, card.abilities.tools) == (TOOLS, True)


def test_a_model_with_a_vision_part_sees(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    text = json.loads((folder / "config.json").read_text())
    config = {"model_type": "llava", "text_config": text, "vision_config": {"hidden_size": 8}}
    write_json(folder / "config.json", config)
    card = identify(folder)
    assert card.abilities.images is True
    assert (card.architecture, card.num_layers, card.width) == ("llava", 4, 64)


def test_rope_scaling_of_old_and_new_files(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    told = json.loads((folder / "config.json").read_text())
    told.pop("rope_parameters", None)
    scaling = {"factor": 8.0, "original_max_position_embeddings": 64}
    for config in (
        {**told, "rope_scaling": {"type": "yarn", **scaling}},
        {**told, "rope_scaling": {"rope_type": "yarn", **scaling}},
        {**told, "rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6, **scaling}},
        {**told, "rope_parameters": {"full_attention": {"rope_type": "yarn", **scaling}}},
    ):
        write_json(folder / "config.json", config)
        rope = identify(folder).rope_scaling
        assert rope is not None
        assert (rope.kind, rope.factor, rope.original_context_length) == ("yarn", 8.0, 64)


def test_an_embedding_model_is_known_by_its_modules(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "bert")
    write_json(folder / "modules.json", {})
    assert identify(folder).kind == "embedding"


def test_the_tensors_tell_the_size_of_a_head_that_the_config_leaves_out(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "qwen3")  # heads of 32 in a width of 64
    told = json.loads((folder / "config.json").read_text())
    del told["head_dim"]
    # A family without a default for the size of a head.
    write_json(folder / "config.json", {**told, "model_type": "llama"})
    assert identify(folder).head_size == 32


def test_a_config_that_contradicts_the_tensors_is_noted(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "qwen3")
    told = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**told, "head_dim": 99, "num_hidden_layers": 40})
    warnings = " ".join(identify(folder).warnings)
    assert "99" in warnings
    assert "40" in warnings


INDEX = "model.safetensors.index.json"


@pytest.mark.parametrize(
    "shard",
    [
        "../../etc/x.safetensors",
        "/etc/x.safetensors",
        "a\\b.safetensors",
        "x.bin",
        ".x.safetensors",
    ],
)
def test_g25_an_index_that_leads_elsewhere_is_refused(shard: str, tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama", shards=2)
    index = json.loads((folder / INDEX).read_text())
    index["weight_map"]["model.embed_tokens.weight"] = shard
    write_json(folder / INDEX, index)
    with pytest.raises(BadModelFile, match="outside the folder"):
        identify(folder)


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"[]",
        b'{"weight_map": []}',
        b'{"weight_map": {"a": 1}}',
        b'{"weight_map": {"a": "x.safetensors", "a": "x.safetensors"}}',
        b'{"metadata": {"a": {"b": {}}}, "weight_map": {}}',
    ],
)
def test_g25_an_index_that_is_damaged_is_refused(index: bytes, tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama", shards=2)
    (folder / INDEX).write_bytes(index)
    with pytest.raises(BadModelFile):
        identify(folder)


def test_a_shard_that_is_missing_or_of_another_model(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama", shards=3)
    first, second, third = sorted(folder.glob("*.safetensors"))
    third.rename(third.with_suffix(".away"))
    with pytest.raises(BadModelFile, match="1 of its 3 files are missing"):
        identify(folder)
    second.replace(third)
    third.with_suffix(".away").replace(second)
    with pytest.raises(BadModelFile, match="lacks the tensor"):
        identify(folder)
    (folder / INDEX).unlink()
    assert identify(folder).num_layers == 4  # without an index, all files together are the model
    third.write_bytes(first.read_bytes())
    with pytest.raises(BadModelFile, match="both"):
        identify(folder)


def test_a_shard_stands_for_its_model(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama", shards=3)
    card = identify(next(iter(sorted(folder.glob("*.safetensors")))))
    assert card == identify(folder)


def test_second_copies_of_the_weights_are_left_out(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    raw = (folder / "model.safetensors").read_bytes()
    for name in ("model.fp16.safetensors", "consolidated.safetensors"):
        (folder / name).write_bytes(raw)
    assert [file.name for file in identify(folder).files] == ["model.safetensors"]


def test_a_gguf_beside_the_weights_is_noted(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    (folder / "model-Q4_0.gguf").write_bytes(b"")
    assert "model-Q4_0.gguf" in identify(folder).warnings[0]


def test_a_snapshot_of_the_hub_cache_is_called_after_its_repository(tmp_path: Path) -> None:
    folder = tmp_path / "models--owner--pico" / "snapshots" / ("a" * 40)
    assert identify(write_hub_model(folder, "llama")).name == "owner/pico"


def test_what_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        identify(tmp_path / "none")
    with pytest.raises(BadModelFile, match="without weights"):
        identify(tmp_path)
    (tmp_path / "page.safetensors").write_text("<!doctype html>")
    with pytest.raises(BadModelFile, match="web page"):
        identify(tmp_path / "page.safetensors")


def test_the_same_card_from_bytes_elsewhere(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "qwen3_moe", shards=2, readme=README)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    here, there = identify(folder), identify_remote("m", files)
    assert there.tensors == here.tensors
    assert there.license == here.license == "pico-licence"
    assert there.active_parameters == here.active_parameters
