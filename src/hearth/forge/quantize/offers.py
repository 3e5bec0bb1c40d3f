"""What a model can be made into: every quantization with its size, and what is published of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hearth.config import Config
from hearth.forge.quantize.decisions import outcomes
from hearth.forge.quantize.source import find_source
from hearth.models.blueprint import mixes
from hearth.plan.choose.quality import weights_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One quantization that a model can be made into.

    Args:
        bits_per_weight: Mean bits of a weight.
        num_changed: Tensors whose type would change; 0: it is this already.
        requantized: Types, other than plain numbers, that would be quantized again.
        published_loss: Part by which the perplexity of another model rose, quantized from 16 bits;
            None where nobody has published one.
        source: Whose figure that is.
    """

    quantization: str
    size_bytes: int
    bits_per_weight: float
    num_changed: int
    requantized: tuple[str, ...]
    published_loss: float | None
    source: str | None

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self) | {"requantized": list(self.requantized)}


def offers(model: str, config: Config, *, is_trusted: bool = True) -> tuple[Offer, ...]:
    """Return all that a model can be made into, the largest first; nothing is written.

    Raises:
        HearthError: As `plan_quantize` does.
    """
    source = find_source(model, config, is_trusted=is_trusted)
    found = []
    for outcome in outcomes(source, mixes(), config):
        loss = weights_loss(outcome.mix.name)
        found.append(
            Offer(
                quantization=outcome.mix.name,
                size_bytes=outcome.size_bytes,
                bits_per_weight=outcome.bits_per_weight,
                num_changed=outcome.num_changed,
                requantized=outcome.requantized,
                published_loss=loss.perplexity if loss else None,
                source=loss.source if loss else None,
            )
        )
    return tuple(sorted(found, key=lambda offer: -offer.size_bytes))
