"""What a case and a workload are, and the sides that most of them compare."""

from __future__ import annotations

from dataclasses import dataclass

from workloads.measures import Measure
from workloads.sides import Setup, cores

SPEED, TIME = "tokens/s", "s"
FLASH, WITH = "Hearth with flash attention", {"flash_attention": "on"}
BLOCKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the page.

    Args:
        name: What is measured.
        measure: How.
        unit: `SPEED`, of which more is better, or `TIME`, of which less is.
        target: How many times better than the baseline it has to be.
        counter: A counter of the subject, and the most that it may be.
        streams: How many answers grow side by side, where their steps tell what is possible.
        blocks: How often both sides are measured twice.
        warm: Whether each side is measured once before, uncounted.
    """

    name: str
    measure: Measure
    unit: str = SPEED
    target: float | None = None
    counter: tuple[str, float] | None = None
    streams: int | None = None
    blocks: int = BLOCKS
    warm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Cases that the same two sides are measured with.

    Args:
        number: "W1" to "W10".
        title: What it is about.
        model: One of `MODELS`.
        subject: What is looked at.
        baseline: What it is compared with; None: with nothing but a limit.
        cases: Rows of the page.
        alone: Only one side may be in memory at a time.
        for_peers: Whether another server can be the baseline.
    """

    number: str
    title: str
    model: str
    subject: Setup
    baseline: Setup | None
    cases: tuple[Case, ...]
    alone: bool = False
    for_peers: bool = False

    def key(self, case: Case) -> str:
        """Return what tells a row from all others."""
        against = self.baseline.label if self.baseline else "nothing"
        return " | ".join((self.number, self.model, self.subject.label, against, case.name))


def hearth(label: str = "Hearth", **options: str | int) -> Setup:
    """Return Hearth with options of a load."""
    return Setup(label=label, options=options)


def raw(context: int = 8192) -> Setup:
    """Return the raw loop with a thread for each core, and room for so many tokens in all."""
    options = {"threads": cores(), "context": context}
    return Setup(label="raw llama_decode loop", kind="raw", options=options)


def peer(label: str, url: str, name: str, api_key: str | None = None) -> Setup:
    """Return a server of others, which is asked to go on when the model says that it is done."""
    extra = {"ignore_eos": True}
    return Setup(label=label, kind="peer", url=url, served_name=name, api_key=api_key, extra=extra)
