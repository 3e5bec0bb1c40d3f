"""Whether a model runs here, in one sentence with its figures, before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.core import ModelState, ModelStatus
from hearth.errors import HearthError
from hearth.machine.probe import read_machine
from hearth.models.bytes import ByteSource
from hearth.models.card import ModelCard
from hearth.models.gguf.header import read_header
from hearth.models.gguf.info import describe
from hearth.plan.load import LoadPlan, plan_load
from hearth.web import figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of a model's chance here.

    Args:
        kind: "good", "warn" or "bad"; the words say the same.
        hint: What to do about it, if there is something to do.
    """

    kind: str
    words: str
    hint: str = ""

    @property
    def icon(self) -> str:
        """The drawing that goes with it."""
        return "check" if self.kind == "good" else "warn"


def judge(card: ModelCard, headers: Iterable[Path | ByteSource], config: Config) -> Verdict:
    """Plan a load of a model, wherever it lies; reads its headers, so call it in a thread.

    Args:
        card: What it is.
        headers: Its GGUF files, in order; needed only where an engine runs it.
        config: Says which machine's limits hold.
    """
    if card.runs_here is None:
        return _other_way(card)
    try:
        info = describe(*(read_header(file) for file in headers))
        plan = plan_load(info, read_machine(config))
    except HearthError as error:
        return Verdict(kind="bad", words=error.message, hint=error.hint or "")
    return _planned(card.runs_here, plan)


def in_memory(status: ModelStatus) -> Verdict:
    """Say how a model is in memory now."""
    if status.state is ModelState.LOADING:
        return Verdict(kind="good", words=f"Loading: {figures.percent(status.progress)}.")
    if status.state is ModelState.FAILED:
        return Verdict(kind="bad", words=status.error or "It could not be loaded.")
    confined = "confined, offline" if status.confined else "not confined"
    return Verdict(
        kind="good",
        words=f"In memory with a context of {figures.count(status.context, 'token')}: its process "
        f"takes {figures.size(status.resident_bytes)}, {confined}.",
    )


def _planned(engine: str, plan: LoadPlan) -> Verdict:
    need, free = figures.size(plan.total_bytes), figures.size(plan.budget_bytes)
    context = figures.count(plan.context.value, "token")
    return Verdict(
        kind="good",
        words=f"Runs here with {engine}. It needs {need} of memory with a context of {context}; "
        f"{free} are free for it.",
    )


def _other_way(card: ModelCard) -> Verdict:
    other = card.if_not
    if other is None:
        return Verdict(kind="bad", words="No engine of Hearth runs it.")
    hints = [
        f"{other.runs_with} can run it." if other.runs_with else "",
        f"To run it here: {other.convert}" if other.convert else "",
    ]
    return Verdict(
        kind="warn",
        words=f"Does not run here: {other.reason}.",
        hint=" ".join(hint for hint in hints if hint),
    )
