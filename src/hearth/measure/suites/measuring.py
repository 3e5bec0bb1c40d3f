"""Run a user's own suite against a model."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.measure.asking import Progress, Session, ask_model, draft_of, share
from hearth.measure.checks import Judged, judge, self_test
from hearth.measure.checks.records import cases_table, recorded_cases
from hearth.measure.evidence import Draft, Record, find_subject, kept_command
from hearth.measure.suites.reading import Suite, read_suite
from hearth.measure.suites.scoring import score

KIND = "suite"
ROOM_FOR_PROMPTS = 4096  # tokens beside the longest answer


def measure_suite(
    config: Config,
    model: str,
    suite: Suite,
    *,
    folder: str = "",
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Draft:
    """Return which cases of a suite a model passes.

    Args:
        config: Says where models lie and how they are run.
        model: A name of the library, a reference or a path.
        suite: The cases.
        folder: Where they came from, for the command that repeats it.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        ControlFailed: A `good` answer of the suite fails its checks, or an empty one passes.
        HearthError: The model is not here, cannot be loaded, or fails.
    """
    cases = suite.cases
    controls = self_test(KIND, cases)

    async def work(session: Session) -> list[Judged]:
        replies = await session.ask_all([case.question for case in cases])
        return [judge(case, reply) for case, reply in zip(cases, replies, strict=True)]

    context = ROOM_FOR_PROMPTS + max(case.max_tokens for case in cases)
    asked = ask_model(config, model, work, context=context, progress=progress, cancelled=cancelled)
    scores = score(cases, asked.found, controls)
    return draft_of(
        KIND,
        asked,
        controls=controls,
        summary={"passed": share(scores.passed)},
        items=cases_table(cases, asked.found),
        plan={"suite": suite.name, "cases": len(cases), "temperature": 0.0},
        options=kept_command([folder or suite.name]),
        notes=(f"Cases passed: {scores.chance}.",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteArguments:
    """What a job is asked for.

    Args:
        model: A name of the library, a reference or a path.
        folder: Of the suite.
    """

    model: str
    folder: Path


def bench_suite(
    arguments: SuiteArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Run a suite as a job does; see `measure_suite`."""
    return measure_suite(
        config,
        arguments.model,
        read_suite(arguments.folder),
        folder=str(arguments.folder),
        progress=progress,
        cancelled=cancelled,
    )


def replay(record: Record, config: Config, progress: Progress) -> Draft:
    """Run again the cases that a record holds.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
    """
    model = str(find_subject(config, record.subjects[0]))
    suite = Suite(name=str(record.settings["suite"]), cases=recorded_cases(record))
    return measure_suite(config, model, suite, progress=progress)
