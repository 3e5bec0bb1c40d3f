"""What fewer bits cost in quality: published figures, each with its source.

Nothing here is measured on this machine. The figure that people know is perplexity: how many
tokens a model wavers between on average. A loss is the part by which it rises.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

EXACT_WEIGHTS = frozenset({"F32", "F16", "BF16"})  # between them: 0.04 % by the same source
EXACT_KV = frozenset({"f32", "f16"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What one quantization, or one type of keys and values, costs.

    Args:
        perplexity: Part by which perplexity rises: 0.028 is 2.8 %.
        divergence: Mean Kullback-Leibler divergence in nats; None where the source has none.
        with_imatrix: The figure holds for files made with an importance matrix.
        source: Whose figure it is; `url` where it stands.
    """

    perplexity: float
    divergence: float | None = None
    with_imatrix: bool = False
    source: str
    url: str | None = None


NO_LOSS = Loss(perplexity=0.0, divergence=0.0, source="numbers as they were trained, or nearly")


def weights_loss(quantization: str) -> Loss | None:
    """Return what a quantization costs; None where no published figure is known."""
    name = quantization.upper()
    return NO_LOSS if name in EXACT_WEIGHTS else _losses("weights").get(name)


def kv_loss(kv_type: str) -> Loss | None:
    """Return what a type of keys and values costs; None where no published figure is known."""
    return NO_LOSS if kv_type in EXACT_KV else _losses("keys_and_values").get(kv_type)


def total_loss(quantization: str, kv_type: str) -> float | None:
    """Return the part by which both together raise perplexity; None where one is not known."""
    weights, kept = weights_loss(quantization), kv_loss(kv_type)
    if weights is None or kept is None:
        return None
    return (1 + weights.perplexity) * (1 + kept.perplexity) - 1


def quality_words(loss: float | None) -> str:
    """Return a loss as people read it."""
    if loss is None:
        return "not known"
    return f"perplexity {loss:+.1%}" if loss >= 0.0005 else "as trained"


@functools.cache
def _losses(table: str) -> Mapping[str, Loss]:
    text = resources.files("hearth.plan.choose").joinpath("quality.toml").read_text("utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    found = {}
    for name, row in data[table].items():
        source = data["sources"][row["source"]]
        found[name] = Loss(
            perplexity=row["perplexity"] / source["base"],
            divergence=row.get("divergence"),
            with_imatrix=row.get("imatrix", False),
            source=source["text"],
            url=source["url"],
        )
    return found
