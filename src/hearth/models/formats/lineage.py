"""Where a model of a folder comes from: its README, its configuration, and mergekit's own file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hearth.models.card import Lineage
from hearth.models.formats.documents import (
    read_front_matter,
    read_yaml,
    text_of,
    texts_of,
)
from hearth.models.formats.files import ModelFiles
from hearth.models.labels import plain

MAX_NAMED = 64  # models in a lineage; a merge of more is not shown in full
# What mergekit and those who use it write under `tags`.
MERGE_TAGS = frozenset({"merge", "mergekit", "lazymergekit", "moerge", "frankenmoe"})
_README_KEYS = frozenset(
    {
        *("license", "license_name", "base_model", "base_model_relation"),
        *("tags", "pipeline_tag"),
    }
)
_MERGE_FILES = ("mergekit_config.yml", "mergekit_config.yaml", "mergekit_moe_config.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readme:
    """What the head of a README says.

    Args:
        license: Name of the licence, or None.
        base_models: Models that this one was made from.
        relation: How it was made ("finetune", "quantized", "merge", "adapter"), or None.
        purpose: The task that it was made for ("text-generation"), or None.
    """

    license: str | None
    base_models: tuple[str, ...]
    relation: str | None
    purpose: str | None


def read_readme(files: ModelFiles) -> Readme:
    """Return what the front matter of a model's README says."""
    head = read_front_matter(files, _README_KEYS)
    license_name = text_of(head.get("license"))
    if license_name == "other":
        license_name = text_of(head.get("license_name")) or license_name
    relation = text_of(head.get("base_model_relation"))
    if relation is None and not MERGE_TAGS.isdisjoint(texts_of(head.get("tags"))):
        relation = "merge"
    return Readme(
        license=plain(license_name) if license_name else None,
        base_models=_shown(texts_of(head.get("base_model"))),
        relation=relation,
        purpose=text_of(head.get("pipeline_tag")),
    )


def find_lineage(files: ModelFiles, readme: Readme) -> Lineage:
    """Return where a model comes from."""
    for name in _MERGE_FILES:
        recipe = read_yaml(files, name)
        if recipe:
            return _merge(recipe)
    if readme.relation == "merge":
        return Lineage(merged_from=readme.base_models)
    return Lineage(base_models=readme.base_models)


def _merge(recipe: Mapping[str, Any]) -> Lineage:
    base = recipe.get("base_model")
    base = base.get("model") if isinstance(base, dict) else base
    method = text_of(recipe.get("merge_method"))
    return Lineage(
        base_models=_shown(texts_of(base)),
        merged_from=_shown(_models(recipe)),
        merge_method=plain(method, 40) if method else None,
    )


def _models(recipe: Mapping[str, Any]) -> Iterator[str]:
    """Yield the models of a recipe: listed whole, by slices of layers, or as experts."""
    for entry in _mappings(recipe.get("models")):
        yield from _model(entry)
    for part in _mappings(recipe.get("slices")):
        for entry in _mappings(part.get("sources")):
            yield from _model(entry)
    for entry in _mappings(recipe.get("experts")):
        yield from texts_of(entry.get("source_model"))


def _model(entry: Mapping[str, Any]) -> tuple[str, ...]:
    named = entry.get("model")
    return texts_of(named.get("model") if isinstance(named, dict) else named)


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _shown(names: tuple[str, ...] | Iterator[str]) -> tuple[str, ...]:
    """Return names that are safe to show, each once."""
    return tuple(dict.fromkeys(plain(name) for name in names))[:MAX_NAMED]
