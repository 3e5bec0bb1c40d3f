"""A local file is linked to its family, and the answer says how sure it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.models.card import CardFile, Lineage, ModelCard
from hearth.models.catalogue import family_of, match_family


def card(
    architecture: str | None,
    name: str = "model",
    *,
    file: str = "model.gguf",
    lineage: Lineage | None = None,
) -> ModelCard:
    return ModelCard(
        format="gguf",
        kind="model",
        name=name,
        files=(CardFile(name=file, size_bytes=1),),
        architecture=architecture,
        bytes_by_type={},
        lineage=lineage or Lineage(),
    )


@pytest.mark.parametrize(
    ("architecture", "name", "family", "sure"),
    [
        ("qwen3", "whatever", "qwen", "certain"),
        ("Qwen3ForCausalLM", "whatever", "qwen", "certain"),
        ("gemma3", "whatever", "gemma", "certain"),
        ("gpt-oss", "whatever", "gpt-oss", "certain"),
        ("qwen2", "DeepSeek-R1-Distill-Qwen-7B", "qwen", "likely"),
        ("llama", "SmolLM2 135M Instruct", "smollm", "likely"),
        ("llama", "Mistral-7B-Instruct-v0.3", "mistral", "likely"),
        ("llama", "Mixtral 8x7B", "mistral", "likely"),
        ("llama", "Yi-1.5-9B-Chat", "yi", "likely"),
        ("llama", "tinyllama-1.1b", "tinyllama", "likely"),
        ("llama", "Meta-Llama-3.1-8B", "llama", "likely"),
        ("llama", "CodeLlama-7b", "llama", "likely"),
        ("llama", "DeepSeek-R1-Distill-Llama-8B", "llama", "likely"),
        ("LlamaForCausalLM", "deepseek-llm-7b", "deepseek", "likely"),
        ("deepseek2", "Kimi-K2-Instruct", "kimi", "likely"),
        ("deepseek2", "DeepSeek-V3", "deepseek", "likely"),
        ("gptneox", "pythia-160m", "pythia", "likely"),
        ("llama", "my own", "llama", "possible"),
        ("bert", "my own", "bert", "certain"),
    ],
)
def test_by_architecture_and_name(architecture: str, name: str, family: str, sure: str) -> None:
    match = match_family(card(architecture, name))
    assert match is not None
    assert (match.family.id, match.sure) == (family, sure)
    assert match.reason


def test_a_folder_of_the_hub_is_known_by_its_class() -> None:
    folder = replace(card("falcon_h1", "my own"), model_class="FalconH1ForCausalLM")
    assert family_of(folder).id == "falcon"  # type: ignore[union-attr]


def test_what_it_was_made_from_comes_before_its_name() -> None:
    lineage = Lineage(base_models=("HuggingFaceTB/SmolLM2-135M",))
    match = match_family(card("llama", "Mistral killer", lineage=lineage))
    assert match is not None
    assert (match.family.id, match.sure) == ("smollm", "certain")


def test_a_merge_and_an_adapter_know_their_family() -> None:
    merged = Lineage(merged_from=("mistralai/Mistral-7B-v0.1", "some/other"))
    adapter = Lineage(adapter_of="meta-llama/Llama-3.2-1B")
    assert family_of(card("llama", lineage=merged)).id == "mistral"  # type: ignore[union-attr]
    assert family_of(card(None, lineage=adapter)).id == "llama"  # type: ignore[union-attr]


def test_the_file_name_helps_where_the_model_is_silent() -> None:
    match = match_family(card("llama", "model", file="solar-10.7b.Q4_0.gguf"))
    assert match is not None
    assert (match.family.id, match.sure) == ("solar", "likely")


def test_words_are_not_found_inside_others() -> None:
    match = match_family(card("llama", "llamafile-of-ambition"))
    assert match is not None
    assert (match.family.id, match.sure) == ("llama", "possible")


@pytest.mark.parametrize("architecture", ["plm", "never-heard-of", None])
def test_nothing_is_guessed(architecture: str | None) -> None:
    assert family_of(card(architecture, "my own")) is None
