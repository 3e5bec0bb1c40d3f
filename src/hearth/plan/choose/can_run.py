"""What a machine can run: well-known models of every size, in several quantizations.

A class of size (see `hearth sizes`) is shown by models that people run: dense ones, and a mixture
of experts that needs as much memory and is several times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hearth.core import check_range
from hearth.machine.profile import MachineProfile
from hearth.models.catalogue import size_class
from hearth.plan.arithmetic import Range
from hearth.plan.choose.budget import Budgets, budgets
from hearth.plan.choose.offer import Offer, Table
from hearth.plan.choose.published import published_subject, requantized_published
from hearth.plan.choose.ranking import READING_SPEED, is_good, ranked
from hearth.plan.choose.search import best_of
from hearth.plan.choose.wishes import Wishes, check_wishes
from hearth.plan.context import DEFAULT_CONTEXT
from hearth.plan.corrections import Corrections

MODELS = (
    "Llama-3.2-1B",
    "Llama-3.2-3B",
    "Llama-3.1-8B",
    "gemma-3-12b-it",
    "gemma-3-27b-it",
    "Qwen3-30B-A3B",
    "Qwen2.5-32B",
    "Llama-3.1-70B",
    "gpt-oss-120b",
    "Qwen3-235B-A22B",
    "Llama-3.1-405B",
    "DeepSeek-V3",
)
QUANTIZATIONS = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K")
PROMPT_TOKENS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One model in one quantization.

    Args:
        total_bytes: What it takes in all.
        tokens_per_s: One answer; None where it does not fit or no speed is known.
        runs: It fits, and is as fast as asked as far as is known.
        sensible: The best of its row; a row of which none runs well has none.
    """

    quantization: str
    fits: bool
    total_bytes: int
    tokens_per_s: Range | None
    split: str
    perplexity_loss: float | None
    runs: bool
    sensible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model in every quantization, and the class of size that it belongs to."""

    size: str
    model: str
    num_parameters: int
    active_parameters: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanRun:
    """What a machine can run.

    Args:
        context: Tokens of the conversation; fewer where a model was trained for fewer.
        min_speed: Tokens per second below which a model counts as not running.
        limits: What a model may take of each device.
        speeds_known: False where the machine's figures do not suffice.
    """

    machine: str
    context: int
    min_speed: float
    limits: Budgets
    rows: tuple[Row, ...]
    speeds_known: bool


def can_run(
    profile: MachineProfile,
    *,
    context: int | None = None,
    min_speed: float | None = None,
    corrections: Corrections | None = None,
) -> CanRun:
    """Return what a machine can run.

    Args:
        profile: The machine.
        context: Tokens of one conversation; default: 8,192.
        min_speed: Tokens per second that are fast enough; default: what one can read along.
        corrections: What predictions of this machine have been found to be off by.

    Raises:
        InvalidRequest: A number is out of range.
    """
    check_range("min_speed", min_speed, 0, 1e6)
    wanted = context if context is not None else DEFAULT_CONTEXT
    check_wishes(Wishes(context=wanted))
    least = READING_SPEED if min_speed is None else min_speed
    table = Table(
        profile=profile,
        limits=budgets(profile),
        prompt_tokens=PROMPT_TOKENS,
        corrections=corrections or {},
    )
    rows = tuple(_row(name, table, wanted, least) for name in MODELS)
    speeds = [cell.tokens_per_s for row in rows for cell in row.cells if cell.fits]
    return CanRun(
        machine=profile.name,
        context=wanted,
        min_speed=least,
        limits=table.limits,
        rows=rows,
        speeds_known=any(speeds) or not speeds,
    )


def can_run_data(found: CanRun) -> dict[str, Any]:
    """Return the table as plain data."""
    from dataclasses import asdict

    return asdict(found)


def _row(name: str, table: Table, context: int, min_speed: float) -> Row:
    info = published_subject(name).info
    wishes = Wishes(context=min(context, info.context_length))
    found = [best_of(requantized_published(name, each), table, wishes) for each in QUANTIZATIONS]
    good = [offer for offer in found if _runs(offer, min_speed) and is_good(offer)]
    best = ranked(good, "balanced")[0] if good else None
    return Row(
        size=size_class(info.num_parameters).name,
        model=name,
        num_parameters=info.num_parameters,
        active_parameters=info.active_parameters,
        cells=tuple(_cell(offer, min_speed, sensible=offer is best) for offer in found),
    )


def _cell(offer: Offer, min_speed: float, *, sensible: bool) -> Cell:
    estimate = offer.speeds.decode.estimate if offer.speeds and offer.fits else None
    return Cell(
        quantization=offer.settings.quantization,
        fits=offer.fits,
        total_bytes=offer.memory.total_bytes,
        tokens_per_s=estimate,
        split=str(offer.split),
        perplexity_loss=offer.loss,
        runs=_runs(offer, min_speed),
        sensible=sensible,
    )


def _runs(offer: Offer, min_speed: float) -> bool:
    return offer.fits and (offer.decode is None or offer.decode >= min_speed)
