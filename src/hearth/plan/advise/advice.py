"""Rank upgrades for one model: capacity first, then what they do for its answers.

A model that does not fit gains from nothing but capacity; one that fits, from the bandwidth of the
memory that its weights are read from. Each row names the limit that it lifts and the one that binds
next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hearth.config import Config
from hearth.core import check_range
from hearth.machine.profile import MachineProfile
from hearth.plan.advise.prices import MAX_PRICE, Prices
from hearth.plan.advise.upgrades import (
    MORE_MEMORY,
    Upgrade,
    UpgradeKind,
    unknown_steps,
    upgrades,
)
from hearth.plan.choose.ask import machine_by_name
from hearth.plan.choose.budget import budgets
from hearth.plan.choose.find import find_subject
from hearth.plan.choose.learned import learned
from hearth.plan.choose.offer import Offer, Table
from hearth.plan.choose.search import best_of
from hearth.plan.choose.subject import Subject, requantized
from hearth.plan.choose.wishes import ANY, Wishes, check_wishes
from hearth.plan.context import DEFAULT_CONTEXT
from hearth.plan.corrections import Corrections, corrections
from hearth.plan.units import scaled

USUAL_QUANTIZATION = "Q4_K_M"
LEAST_GAIN = 1.05  # what gains less is not worth a screw
NO_PRICES = Prices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """One upgrade and what it would do.

    Args:
        gain: Speed of answers against now; None where the model does not fit now, or a speed is
            not known.
        lifts: The limit that it lifts.
        next_limit: What binds then.
        price: As entered; None where no price was.
    """

    kind: UpgradeKind
    name: str
    offer: Offer
    gain: float | None
    lifts: str
    next_limit: str
    price: float | None

    @property
    def tokens_per_s(self) -> float:
        """Likely speed of answers; 0 where it is not known."""
        return self.offer.decode or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What would make a model run better on a machine.

    Args:
        now: How it runs on the machine as it is.
        rows: Upgrades that help, the best first.
        useless: What would not help, as sentences.
        unknown: What could not be weighed, and why.
        over_budget: Upgrades that help and cost more than the budget.
        currency: The word for money.
    """

    model: str
    machine: str
    now: Offer
    rows: tuple[Advised, ...]
    useless: tuple[str, ...]
    unknown: tuple[str, ...]
    budget: float | None
    over_budget: int
    currency: str
    has_prices: bool

    def of_kind(self, kind: UpgradeKind) -> list[Advised]:
        """Return the rows of one kind, the best first."""
        return [row for row in self.rows if row.kind == kind]


def advise_by_name(
    config: Config,
    model: str,
    wishes: Wishes | None = None,
    *,
    machine: str | None = None,
    budget: float | None = None,
    prices: Prices = NO_PRICES,
    currency: str | None = None,
) -> Advice:
    """Advise on a model and a machine by name; see `advise`, and `plan_by_name` for the names."""
    profile = machine_by_name(config, machine)
    subject = find_subject(config, model)
    return advise(
        subject, profile, wishes, config=config, budget=budget, prices=prices, currency=currency
    )


def advise(
    subject: Subject,
    profile: MachineProfile,
    wishes: Wishes | None = None,
    *,
    config: Config | None = None,
    budget: float | None = None,
    prices: Prices = NO_PRICES,
    currency: str | None = None,
) -> Advice:
    """Rank upgrades of a machine by what they would do for a model.

    Args:
        subject: The model; one without a file is taken in `USUAL_QUANTIZATION`.
        profile: The machine as it is.
        wishes: Context, quantization and users; the same for every upgrade.
        config: Names the ledger whose corrections the machine as it is gets; None: none.
        budget: The most that may be spent, in the currency of the prices.
        prices: As entered.
        currency: The word for money; default: that of the prices, else EUR.

    Raises:
        InvalidRequest: A wish or the budget is out of range.
    """
    wishes = wishes or Wishes()
    check_wishes(wishes)
    check_range("budget", budget, 0, MAX_PRICE)
    model = requantized(subject, _quantization(subject, wishes))
    context = wishes.context or min(model.info.context_length, DEFAULT_CONTEXT)
    wishes = replace(wishes, quantization=model.quantization, context=context)
    learnt = corrections(learned(config, profile)) if config else {}
    now = best_of(model, _table(profile, wishes, learnt), wishes)
    weighed = list(_weigh(model, profile, now, wishes, prices))
    helpful = [row for row in weighed if _helps(row, now)]
    affordable = [row for row in helpful if not _is_over(row, budget)]
    return Advice(
        model=f"{model.name} at {model.quantization}",
        machine=profile.name,
        now=now,
        rows=tuple(_ranked(affordable, budget)),
        useless=tuple(_useless(now, weighed)),
        unknown=tuple(unknown_steps(profile)),
        budget=budget,
        over_budget=len(helpful) - len(affordable),
        currency=currency or prices.currency or "EUR",
        has_prices=bool(prices.of),
    )


def _quantization(subject: Subject, wishes: Wishes) -> str:
    if wishes.quantization not in (None, ANY):
        return str(wishes.quantization)
    return subject.quantization if subject.is_file else USUAL_QUANTIZATION


def _table(profile: MachineProfile, wishes: Wishes, learnt: Corrections) -> Table:
    return Table(
        profile=profile,
        limits=budgets(profile),
        prompt_tokens=wishes.prompt_tokens,
        corrections=learnt,
    )


def _weigh(
    model: Subject, profile: MachineProfile, now: Offer, wishes: Wishes, prices: Prices
) -> Iterator[Advised]:
    """Yield what each upgrade would do; of a family no more than is needed."""
    enough = {MORE_MEMORY} if now.fits else set()
    for upgrade in upgrades(profile):
        if upgrade.family in enough:
            continue
        offer = best_of(model, _table(upgrade.profile, wishes, {}), wishes)
        row = _advised(upgrade, offer, now, prices)
        if offer.fits and (upgrade.family == MORE_MEMORY or offer.split.kind == "gpu"):
            enough.add(upgrade.family or upgrade.name)
        yield row


def _advised(upgrade: Upgrade, offer: Offer, now: Offer, prices: Prices) -> Advised:
    has_speeds = now.fits and now.decode and offer.decode
    return Advised(
        kind=upgrade.kind,
        name=upgrade.name,
        offer=offer,
        gain=offer.decode / now.decode if has_speeds and offer.decode and now.decode else None,
        lifts=_lifts(upgrade, offer, now),
        next_limit=offer.speeds.decode.limit if offer.speeds else "not known",
        price=prices.total(upgrade.items),
    )


def _lifts(upgrade: Upgrade, offer: Offer, now: Offer) -> str:
    capacity = "" if now.fits else "capacity: it fits"
    if upgrade.family == MORE_MEMORY:
        return capacity
    bandwidth = _bandwidth(upgrade, offer)
    speed = f"bandwidth: {_part(offer)} at {bandwidth}" if bandwidth else ""
    return "; ".join(text for text in (capacity, speed) if text)


def _part(offer: Offer) -> str:
    match offer.split.kind:
        case "layers":
            return f"{offer.split.gpu_layers} layers"
        case "experts":
            return f"all but the experts of {offer.split.cpu_experts} layers"
        case _:
            return "all weights"


def _bandwidth(upgrade: Upgrade, offer: Offer) -> str | None:
    """Return the bandwidth of the fastest memory that holds a part of the model."""
    profile = upgrade.profile
    if offer.split.kind == "processor" or not profile.gpus:
        figure = profile.memory.bandwidth
    else:
        known = [gpu.memory_bandwidth for gpu in profile.gpus if gpu.memory_bandwidth]
        figure = max(known, key=lambda one: one.value, default=None)
    return scaled(figure.value, "B/s") if figure else None


def _helps(row: Advised, now: Offer) -> bool:
    if not row.offer.fits:
        return False
    return not now.fits or row.gain is None or row.gain >= LEAST_GAIN


def _is_over(row: Advised, budget: float | None) -> bool:
    return budget is not None and row.price is not None and row.price > budget


def _ranked(rows: Iterable[Advised], budget: float | None) -> list[Advised]:
    """Order by speed, of equals by price; with a budget, what is known to be within it first."""

    def key(row: Advised) -> tuple[bool, float, float]:
        is_within = budget is not None and row.price is not None
        return is_within, row.tokens_per_s, -(row.price or 0.0)

    return sorted(rows, key=key, reverse=True)


def _useless(now: Offer, weighed: Iterable[Advised]) -> Iterator[str]:
    if now.fits:
        yield "More main memory: the model fits already, and answers come no faster for it."
    limit = now.speeds.decode.limit if now.speeds else ""
    if now.fits and limit.startswith("memory bandwidth"):
        yield (
            "A processor with more or faster cores: answers wait for memory. Prompts alone would "
            "be read faster."
        )
    yield "A faster disk: only loading gets shorter."
    small = [row.name for row in weighed if "card" in row.kind and not _helps(row, now)]
    if small:
        more = f" and {len(small) - 3} others" if len(small) > 3 else ""
        yield f"Too small to help: {', '.join(small[:3])}{more}."
    yield (
        "A second card of one kind where the model fits into one: layers follow each other, so "
        "that one answer comes no faster."
    )
