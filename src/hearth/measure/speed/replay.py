"""Measure again what a record tells of, with its own settings."""

from __future__ import annotations

import asyncio
from dataclasses import fields

from hearth.config import Config
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import Draft, Progress, Record, Subject, find_subject
from hearth.measure.speed.plan import ComparePlan, Plan, SpeedPlan
from hearth.measure.speed.running import run_compare, run_speed
from hearth.measure.speed.targets import is_address


def replay_speed(record: Record, config: Config, report: Progress) -> Draft:
    """Measure the speed of a record's target again; see `hearth.measure.evidence.replay`."""
    plan = plan_of(record, SpeedPlan)
    target = _typed(config, record.subjects[0])
    return asyncio.run(run_speed(config, target, plan, report, key_from=_key_from(record)))


def replay_compare(record: Record, config: Config, report: Progress) -> Draft:
    """Compare a record's two targets again; see `hearth.measure.evidence.replay`."""
    plan = plan_of(record, ComparePlan)
    a, b = (_typed(config, subject) for subject in record.subjects)
    return asyncio.run(run_compare(config, a, b, plan, report, key_from=_key_from(record)))


def plan_of(record: Record, kind: type[Plan]) -> Plan:
    """Return the plan that a record was made by; it may come from elsewhere, and is checked.

    Raises:
        InvalidRequest: Its settings make no such plan.
    """
    names = {each.name for each in fields(kind)}
    kept = {name: value for name, value in record.settings.items() if name in names}
    return read_arguments(kept, kind)


def _typed(config: Config, subject: Subject) -> str:
    """Return what to type for the same target: an address, or the file with the same bytes."""
    if is_address(subject.name):
        return subject.name
    return str(find_subject(config, subject))


def _key_from(record: Record) -> list[str]:
    return [str(spec) for spec in record.settings.get("key_from", ())]
