"""What tuning measures: which formats of a model, with which requests, and how far off is too far.

Formats that have kernels of their own on common processors are tried: those that make the file no
larger, and larger ones where memory is plenty, since more bits can be faster where arithmetic and
not memory is the limit (a small model on few cores). What costs more, whoever wants it names it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.forge.quantize import Offer, offers
from hearth.forge.quantize.source import find_source
from hearth.machine.cgroup import read_cgroup
from hearth.machine.memory import read_memory
from hearth.measure.quants import QuantsPlan
from hearth.models.labels import plain

USUAL = ("Q8_0", "Q4_K_M", "IQ4_NL", "Q4_0", "IQ4_NL_PURE", "Q4_0_PURE")
MOST_GROWTH = 1.1  # of the file, for what is tried without being named ...
MEMORY_SHARE = 0.1  # ... unless it is less than this of the memory that is free


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPlan(QuantsPlan):
    """What `hearth tune` measures: as `QuantsPlan`, each format in each layout.

    Args:
        candidates: Quantizations to try ("Q4_0"), or models that were made of it; none: those
            of `usual_offers`.
        layouts_only: Whether the model is tried as it is, and no copies are made.
        allow_requantize: As a rule true: what it costs is measured, and nothing is used before
            somebody agrees.
    """

    verb: ClassVar[tuple[str, ...]] = ("hearth", "tune")

    max_tokens: int = 8_192
    prompt_tokens: int = 512
    allow_requantize: bool = True
    layouts_only: bool = False

    def __post_init__(self) -> None:
        super(TuningPlan, self).__post_init__()  # the short form fails in a class with slots
        if self.layouts_only and self.candidates:
            raise InvalidRequest(
                f"Either layouts alone are tried or {', '.join(self.candidates)}, not both.",
                param="candidates",
            )

    @property
    def command(self) -> tuple[str, ...]:
        """What to type to measure it again."""
        words = super(TuningPlan, self).command
        return (*words, "--layouts-only") if self.layouts_only else words


def with_candidates(plan: TuningPlan, config: Config) -> TuningPlan:
    """Return a plan that names what is tried; `hearth tune --dry-run` shows it.

    Raises:
        HearthError: As `hearth.forge.quantize.offers` raises.
    """
    if plan.candidates or plan.layouts_only:
        return plan
    found = tuple(offer.quantization for offer in usual_offers(plan.model, config))
    if not found:
        raise InvalidRequest(
            f"None of {', '.join(USUAL)} would make {plain(plan.model)!r} smaller, or as small, "
            "and it is too large to try what makes it larger.",
            hint="Name what shall be tried, such as Q8_0, or try layouts alone: "
            f"hearth tune {plain(plan.model)} --layouts-only",
            param="candidates",
        )
    return replace(plan, candidates=found)


def usual_offers(model: str, config: Config) -> tuple[Offer, ...]:
    """Return the usual quantizations that are worth a try on this machine.

    That is each that would change the model and hardly make it larger, or that is small beside the
    memory that is free now.
    """
    size_bytes = find_source(model, config).info.file_bytes
    free_bytes = read_memory(read_cgroup()).available_bytes
    most_bytes = max(MOST_GROWTH * size_bytes, MEMORY_SHARE * free_bytes)
    return tuple(
        offer
        for offer in offers(model, config)
        if offer.quantization in USUAL and offer.num_changed and offer.size_bytes <= most_bytes
    )
