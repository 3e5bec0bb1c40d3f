"""One family, two names: what llama.cpp calls a `model_type` of the hub (`other_names.toml`)."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from hearth.models.gguf.architectures import architectures


def gguf_architecture(model_type: str) -> str | None:
    """Return llama.cpp's name for a family of the hub, or None when the engine knows none.

    Args:
        model_type: The value in `config.json` ("mistral", "qwen3_moe", "gemma3_text").
    """
    listed = _other_names().get(model_type)
    if listed is not None:
        return listed
    return _by_folded_name().get(_folded(model_type.removesuffix("_text")))


@functools.cache
def _other_names() -> Mapping[str, str]:
    text = resources.files("hearth.models.formats").joinpath("other_names.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


@functools.cache
def _by_folded_name() -> Mapping[str, str]:
    return MappingProxyType({_folded(name): name for name in architectures().known})


def _folded(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(".", "")
