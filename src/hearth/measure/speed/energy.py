"""Joules for each token, where this machine tells them."""

from __future__ import annotations

from collections.abc import Callable

from hearth.errors import EngineError
from hearth.machine.power import Sources, find_sources
from hearth.measure.energy import measure_energy
from hearth.measure.evidence import Figure
from hearth.measure.speed.findings import Findings
from hearth.measure.speed.targets.local import LocalTarget
from hearth.plan.arithmetic import Range

ANSWER, READING = "energy of a token written", "energy of a token read"


async def add_energy(target: LocalTarget, findings: Findings, tell: Callable[[str], None]) -> None:
    """Take in what tokens of a model cost, or the reason why nobody knows.

    Args:
        target: A model of this machine, ready.
        findings: Take the figures.
        tell: Told what goes on.
    """
    sources = find_sources()
    if not sources.found:
        findings.note(f"Energy cannot be read here: {_reasons(sources)}.")
        return
    try:
        found = await measure_energy(
            target.engine, target.model, sources, progress=lambda what: tell(f"energy: {what}")
        )
    except EngineError as error:
        findings.note(error.message)
        return
    how = f"{found.method}, {found.num_spans} spans; covers {' and '.join(found.covers)}"
    for name, joules in ((ANSWER, found.answer_joules), (READING, found.prompt_joules)):
        findings.add(name, _figure(joules, how))


def _figure(joules: Range, how: str) -> Figure:
    return Figure(
        value=joules.likely,
        low=joules.low,
        high=joules.high,
        unit="J",
        how=how,
        higher_is="worse",
    )


def _reasons(sources: Sources) -> str:
    return "; ".join(f"{name}: {why}" for name, why in sources.missing.items())
