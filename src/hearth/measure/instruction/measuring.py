"""Measure how a model follows instructions: ask, judge, score, draft a record."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from hearth.config import Config
from hearth.measure.arguments import ModelArguments
from hearth.measure.asking import Progress, Session, ask_model, draft_of, share
from hearth.measure.checks import Case, Judged, judge, self_test
from hearth.measure.checks.records import cases_table, recorded_cases
from hearth.measure.evidence import Draft, Record, find_subject
from hearth.measure.instruction.items import read_items
from hearth.measure.instruction.scoring import score

KIND = "instruction"


def measure_instruction(
    config: Config,
    model: str,
    *,
    cases: Sequence[Case] | None = None,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Draft:
    """Return how a model follows instructions that a program can verify.

    Args:
        config: Says where models lie and how they are run.
        model: A name of the library, a reference or a path.
        cases: The instructions; default: Hearth's own.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        ControlFailed: The checks do not pass their own test.
        HearthError: The model is not here, cannot be loaded, or fails.
    """
    wanted = read_items() if cases is None else tuple(cases)
    controls = self_test(KIND, wanted)

    async def work(session: Session) -> list[Judged]:
        replies = await session.ask_all([case.question for case in wanted])
        return [judge(case, reply) for case, reply in zip(wanted, replies, strict=True)]

    asked = ask_model(config, model, work, progress=progress, cancelled=cancelled)
    scores = score(wanted, asked.found, controls)
    return draft_of(
        KIND,
        asked,
        controls=controls,
        summary={
            "obeyed": share(scores.strict),
            "obeyed, loosely": share(scores.loose),
            **{f"obeyed: {name}": share(found) for name, found in scores.groups.items()},
        },
        items=cases_table(wanted, asked.found),
        plan={"prompts": len(wanted), "temperature": 0.0},
        notes=(
            f"Prompts whose answer obeys every instruction by the letter: {scores.chance}.",
            f"{scores.cut} of {len(wanted)} answers were ended by their greatest length.",
        ),
    )


def bench_instruction(
    arguments: ModelArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Measure as a job does; see `measure_instruction`."""
    return measure_instruction(config, arguments.model, progress=progress, cancelled=cancelled)


def replay(record: Record, config: Config, progress: Progress) -> Draft:
    """Measure again what a record tells of, with the prompts that it holds.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
    """
    model = str(find_subject(config, record.subjects[0]))
    return measure_instruction(config, model, cases=recorded_cases(record), progress=progress)
