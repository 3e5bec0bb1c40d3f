"""The plan for a model on a machine: a value that says what, why, what else, and what to type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hearth.core import Choice
from hearth.plan.choose.budget import Budgets
from hearth.plan.choose.offer import Offer
from hearth.plan.choose.quality import quality_words
from hearth.plan.choose.wishes import Wishes
from hearth.plan.show import amount

Verdict = Literal["fits", "too large", "not known"]
AlternativeKind = Literal["quantization", "context", "keys and values", "split", "users"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another choice of one thing, and what it costs against the plan.

    Args:
        what: The choice, such as "Q5_K_M" or "4,096 tokens".
        cost: What changes, in words.
    """

    kind: AlternativeKind
    what: str
    cost: str
    offer: Offer

    def __str__(self) -> str:
        return f"{self.kind} {self.what}: {self.cost}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """How a model would run on a machine.

    Args:
        model: Its name; `source` says where its facts come from.
        machine: What the machine is called.
        verdict: "not known" where the machine does not say how much memory it has.
        offer: What was chosen; where nothing fits, what takes least.
        choices: Every setting with the reason for it.
        alternatives: What else there is; where nothing fits, ways out that do.
        limits: What the model may take of each device.
        corrections: What predictions were multiplied by, and why; empty where by nothing.
        missing: Why there are no speeds; None where there are.
        notes: What else should be known, as sentences.
        next_steps: Commands to type next.
    """

    model: str
    source: str
    machine: str
    wishes: Wishes
    verdict: Verdict
    offer: Offer
    choices: dict[str, Choice[str]]
    alternatives: tuple[Alternative, ...]
    limits: Budgets
    corrections: tuple[str, ...] = ()
    missing: str | None = None
    notes: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the model fits, as far as is known."""
        return self.verdict != "too large"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.model} on {self.machine}: {self.verdict}"
        for share in self.offer.devices:
            free = share.budget.free_bytes
            of = f" of {amount(free)}" if free is not None else ""
            yield f"  {share.budget.name}: {amount(share.total_bytes)}{of}"
        for name, choice in self.choices.items():
            yield f"  {name}: {choice.value} ({choice.reason})"
        yield f"  quality: {quality_words(self.offer.loss)}"
        if self.offer.decode is not None:
            yield f"  answers: {self.offer.decode:.3g} tokens/s"
        yield from (f"  or {each}" for each in self.alternatives)
        yield from (f"  note: {note}" for note in self.notes)
