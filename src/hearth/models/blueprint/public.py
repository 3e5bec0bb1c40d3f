"""Well-known public models, from their config.json (`public_models.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from hearth.errors import ModelNotFound
from hearth.models.blueprint.blueprint import Blueprint, blueprint
from hearth.models.blueprint.facts import LatentAttention, ModelFacts, StateSpace
from hearth.models.labels import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicModel:
    """A published model.

    Args:
        name: The name of its repository, less the publisher's.
        names: As people write it, in lower case.
        num_parameters: As published.
        source: Address of the config.json that the facts are from.
    """

    name: str
    names: tuple[str, ...]
    num_parameters: float
    source: str
    facts: ModelFacts

    @property
    def repository(self) -> str:
        """Address of the repository that the facts are from."""
        return self.source.removesuffix("/blob/main/config.json")

    @property
    def blueprint(self) -> Blueprint:
        """The model's metadata and tensor table."""
        return blueprint(self.facts, name=self.name)


def public_model(name: str) -> PublicModel:
    """Return a model by its name, in any case.

    Raises:
        ModelNotFound: No row has this name.
    """
    found = next((row for row in public_models() if row.name.lower() == name.lower()), None)
    if found is None:
        raise ModelNotFound(
            f"There is no public model {plain(name)!r} among the blueprints.",
            hint=f"There are {', '.join(row.name for row in public_models())}.",
        )
    return found


@functools.cache
def public_models() -> tuple[PublicModel, ...]:
    """Return all rows, the smallest first."""
    text = resources.files("hearth.models.blueprint").joinpath("public_models.toml")
    rows = [_model(row) for row in tomllib.loads(text.read_text("utf-8"))["model"]]
    return tuple(sorted(rows, key=lambda model: model.num_parameters))


def _model(row: dict[str, Any]) -> PublicModel:
    source = row["source"]
    return PublicModel(
        name=source.split("/")[4],
        names=tuple(row.get("names", ())),
        num_parameters=row["parameters"] * 1e9,
        source=source,
        facts=_facts(row),
    )


def _facts(row: dict[str, Any]) -> ModelFacts:
    attention = row.get("attention_layers")
    return ModelFacts(
        architecture=row["architecture"],
        num_layers=row["layers"],
        width=row["width"],
        vocab_size=row["vocab"],
        context_length=row["context"],
        num_heads=row.get("heads", 0),
        num_kv_heads=row.get("kv_heads", 0),
        head_size=row.get("head", 0),
        feed_forward=row.get("ff", 0),
        num_experts=row.get("experts", 0),
        num_experts_used=row.get("experts_used", 0),
        expert_feed_forward=row.get("expert_ff", 0),
        shared_feed_forward=row.get("shared_ff", 0),
        num_dense_layers=row.get("dense", 0),
        window=row.get("window", 0),
        rope_base=row.get("rope_base", 10_000.0),
        is_tied=row.get("tied", False),
        has_rope_factors=row.get("rope_factors", False),
        has_router_bias=row.get("router_bias", False),
        latent=LatentAttention(**row["latent"]) if "latent" in row else None,
        state=StateSpace(**row["state"]) if "state" in row else None,
        attention_layers=tuple(attention) if attention is not None else None,
    )
