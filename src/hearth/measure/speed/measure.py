"""Measure how fast a target answers: alone, with others, and for minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hearth.config import Config
from hearth.measure.evidence import Draft, Progress, Subject, subject_of, watch
from hearth.measure.speed.alone import all_series, measure_series
from hearth.measure.speed.bounds import find_bounds
from hearth.measure.speed.commands import bench_command
from hearth.measure.speed.energy import add_energy
from hearth.measure.speed.findings import Findings
from hearth.measure.speed.loads import LoadMaker, add_load
from hearth.measure.speed.plan import SpeedPlan
from hearth.measure.speed.prompts import Prompts, WordCount, count_words
from hearth.measure.speed.sustained import WINDOW_S, measure_sustained
from hearth.measure.speed.target import Target, TargetFacts
from hearth.measure.speed.targets.local import LocalTarget

SPEED = "speed"


async def measure_speed(
    target: Target,
    plan: SpeedPlan,
    report: Progress,
    *,
    config: Config,
    key_from: Sequence[str] = (),
) -> Draft:
    """Measure a target; cancelling ends it within a request.

    Args:
        target: Open; it stays so.
        plan: What is measured, and how often.
        report: Told how far it is.
        config: Says where this machine's figures are.
        key_from: Where the target's key came from, for the record.

    Raises:
        HearthError: The target cannot be reached, or failed.
    """
    steps = Steps(report, _num_steps(plan))
    findings = Findings()
    with watch(config) as watched:
        steps.begin("getting ready")
        facts = await target.prepare()
        count = await count_words(target)
        note_count(count, findings)
        await _measure_all(target, plan, Prompts(count, plan.seed), findings, steps.begin)
        if isinstance(target, LocalTarget):
            await add_energy(target, findings, steps.begin)
    await asyncio.to_thread(_add_bounds, config, facts, plan, findings)
    return Draft(
        kind=SPEED,
        subjects=(await asyncio.to_thread(subject_of_target, config, facts),),
        circumstances=watched.circumstances(),
        summary=findings.summary,
        repeats=findings.repeats,
        items=findings.items,
        settings={**asdict(plan), **target_settings(facts), "key_from": list(key_from)},
        seed=plan.seed,
        command=bench_command("speed", [facts.name], plan, key_from),
        notes=tuple(findings.notes),
    )


@dataclass(slots=True)
class Steps:
    """Counts what begins, and reports it."""

    report: Progress
    total: int
    begun: int = 0

    def begin(self, doing: str) -> None:
        """Report what begins now."""
        self.report(min(self.begun, self.total), self.total, doing)
        self.begun += 1


def note_count(count: WordCount, findings: Findings) -> None:
    """Note where the length of prompts is a guess."""
    if count.is_guessed:
        findings.note(
            "The target does not count the tokens of its prompts: their length is a guess, and how "
            "fast they are read is not known."
        )


def target_settings(facts: TargetFacts, role: str = "") -> dict[str, Any]:
    """Return how a target was asked, and how its model was loaded, as settings of a record."""
    about = {"dialect": facts.dialect, "model": facts.model, **facts.settings}
    return {f"{role} {name}".strip(): value for name, value in about.items()}


def subject_of_target(config: Config, facts: TargetFacts, role: str = "") -> Subject:
    """Return what was measured: a model with its digest, or a server by its address."""
    if facts.path:
        return subject_of(config, facts.path, role=role)
    return Subject(name=facts.name, role=role)


def _num_steps(plan: SpeedPlan) -> int:
    alone = sum(plan.repeats + 1 + bool(series.depth) for series in all_series(plan))
    sustained = int(plan.sustained_s / WINDOW_S) + 1 if plan.sustained_s else 0
    return 1 + alone + len(plan.clients) + len(plan.rates) + sustained


async def _measure_all(
    target: Target,
    plan: SpeedPlan,
    prompts: Prompts,
    findings: Findings,
    tell: Callable[[str], None],
) -> None:
    for series in all_series(plan):
        await measure_series(target, series, plan, prompts, findings, tell)
    loads = LoadMaker(target, plan, prompts, tell)
    for num_clients in plan.clients:
        add_load(findings, await loads.closed(num_clients), plan)
    for rate in plan.rates:
        add_load(findings, await loads.open(rate), plan)
    if plan.sustained_s:
        await measure_sustained(target, plan, prompts, findings, tell)


def _add_bounds(config: Config, facts: TargetFacts, plan: SpeedPlan, findings: Findings) -> None:
    bounds = find_bounds(config, facts, findings)
    if bounds is None:
        return
    for series in all_series(plan):
        bounds.add(findings, series.name, series.prompt_tokens, series.depth)
    for num_clients in plan.clients:
        bounds.add_load(findings, num_clients, plan.prompt_lengths[0])


def by_series(summary: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the figures of a record by series, and in each by name: what tables are made from."""
    found: dict[str, dict[str, Any]] = {}
    for name, figure in summary.items():
        series, colon, what = name.partition(": ")
        found.setdefault(series if colon else "", {})[what if colon else name] = figure
    return found
