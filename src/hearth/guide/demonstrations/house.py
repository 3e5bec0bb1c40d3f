"""What is true of this house: what a model may reach, and what models there are."""

from __future__ import annotations

import asyncio
from collections import Counter

from hearth.engine.scoring import ScoringSettings, open_scorer
from hearth.guide.demonstrations.parts import (
    Demonstration,
    Holds,
    Line,
    Series,
    Step,
    Steps,
    Table,
    Verdict,
)
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.models.catalogue import families as all_families
from hearth.models.catalogue import releases

CONTEXT = 64


async def show_confinement(around: Surroundings) -> Demonstration:
    """Let the process that runs a model try what it must not be able to do."""
    confined, words = await asyncio.to_thread(_prove, around)
    tries = tuple(_as_step(line) for line in words.splitlines() if line)
    refused = sum(step.title == "refused" for step in tries)
    holds: Holds = "holds" if confined and tries and refused == len(tries) else "does not hold"
    return Demonstration(
        name="confinement",
        title="A model's process tries to get out",
        says="After loading, the process that computes with a model is shut off from files, the "
        "network and other programs. It has just tried each of these.",
        parts=(
            Verdict(
                claim="What runs a model here can reach neither your files nor the network.",
                holds=holds if tries else "not decided here",
                figures=f"{refused} of {len(tries)} attempts were refused by the system."
                if tries
                else "This system has nothing that Hearth could shut a process in with, or the "
                "setting `confine` is off.",
            ),
            Steps(title="What was tried", steps=tries),
        ),
        model=around.model,
    )


async def show_families(_around: Surroundings) -> Demonstration:
    """List the families of models, and how many releases there were each year."""
    rows = []
    for family in sorted(all_families(), key=lambda each: each.name.casefold()):
        own = sorted(
            (each for each in releases() if each.family == family.id),
            key=lambda each: each.date.first_day(),
        )
        newest = f"{own[-1].name}, {own[-1].date}" if own else ""
        rows.append((family.name, family.publisher, str(len(own)), newest))
    years = Counter(each.date.year for each in releases())
    line = Line(
        name="releases",
        xs=tuple(map(float, sorted(years))),
        ys=tuple(float(years[year]) for year in sorted(years)),
    )
    return Demonstration(
        name="families",
        title="Who publishes models",
        says="From Hearth's own catalogue, each row of which has its source. What came after the "
        "last release of Hearth is not in it.",
        parts=(
            Table(
                title="Families",
                columns=("family", "publisher", ">releases", "newest"),
                rows=tuple(rows),
            ),
            Series(title="Releases", x_label="year", y_label="releases", lines=(line,)),
        ),
    )


def _prove(around: Surroundings) -> tuple[bool, str]:
    settings = ScoringSettings(context=CONTEXT)
    with open_scorer(around.model, settings, config=around.config) as scorer:
        return scorer.confined, scorer.prove()


def _as_step(line: str) -> Step:
    """Return an attempt from its line, such as `refused  read a file outside the model (...)`."""
    answer, _, what = line.partition("  ")
    return Step(title=answer, text=what)
