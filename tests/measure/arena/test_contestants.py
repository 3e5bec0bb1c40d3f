"""What people type, and the contestants that it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.errors import InvalidRequest, ModelNotFound, NotAllowed
from hearth.measure.arena import contestants_of
from support.pico import write_pico


@pytest.fixture
def config(own_home: Path) -> Config:
    found = load_config()
    found.models_dir.mkdir(parents=True)
    write_pico(found.models_dir / "pico.gguf")
    return found


def test_a_model_of_the_library_is_known_by_its_bytes(config: Config) -> None:
    (named,) = contestants_of(config, ["pico"])
    (by_path,) = contestants_of(config, [str(config.models_dir / "pico.gguf")])
    assert named.name == "pico"
    assert len(named.identity) == 64
    assert named.key == by_path.key
    write_pico(config.models_dir / "pico.gguf", seed=9)
    (replaced,) = contestants_of(config, ["pico"])
    assert replaced.key != named.key


def test_settings_are_read_and_named(config: Config) -> None:
    (made,) = contestants_of(
        config, ["pico?temperature=0.3&top_k=5&max_tokens=9&system=Be%20brief.&seed=4"]
    )
    assert (made.sampling.temperature, made.sampling.top_k, made.sampling.seed) == (0.3, 5, 4)
    assert (made.max_tokens, made.system_prompt) == (9, "Be brief.")
    assert made.name == "pico, temperature 0.3, top_k 5, seed 4, 9 tokens, with a system prompt"
    assert contestants_of(config, ["pico?name=mine"])[0].name == "mine"


def test_contestants_of_one_name_are_numbered(config: Config) -> None:
    found = contestants_of(config, ["pico?system=One.", "pico?system=Two."])
    assert [each.name for each in found] == [
        "pico, with a system prompt (1)",
        "pico, with a system prompt (2)",
    ]


@pytest.mark.parametrize(
    ("spec", "url", "model", "dialect"),
    [
        ("http://127.0.0.1:8080#m", "http://127.0.0.1:8080", "m", "openai"),
        ("ollama+http://h:1/x#llama3.2:1b?top_k=3", "http://h:1/x", "llama3.2:1b", "ollama"),
        ("anthropic+https://h#c?temperature=0", "https://h", "c", "anthropic"),
    ],
)
def test_servers_take_part(config: Config, spec: str, url: str, model: str, dialect: str) -> None:
    (made,) = contestants_of(config, [spec])
    assert (made.url, made.model, made.dialect) == (url, model, dialect)
    assert made.name.startswith(f"{model} at ")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("pico?warmth=1", "no setting of a contestant"),
        ("pico?temperature", "name=value"),
        ("pico?temperature=hot", "must be a number"),
        ("pico?temperature=7", "from 0 to 5"),
        ("pico?max_tokens=0", "1 to 4096"),
        ("pico?name=" + "x" * 81, "at most 80"),
        ("http://127.0.0.1:8080#m?mirostat=2", "only temperature, top_p, seed"),
        ("http://127.0.0.1:8080", "names no model"),
    ],
)
def test_what_cannot_be_understood_is_refused(config: Config, spec: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        contestants_of(config, [spec])


def test_whoever_is_not_trusted_names_neither_files_nor_servers(config: Config) -> None:
    assert contestants_of(config, ["pico"], is_trusted=False)
    with pytest.raises(ModelNotFound):
        contestants_of(config, [str(config.models_dir / "pico.gguf")], is_trusted=False)
    with pytest.raises(NotAllowed):
        contestants_of(config, ["http://127.0.0.1:1#m"], is_trusted=False)
