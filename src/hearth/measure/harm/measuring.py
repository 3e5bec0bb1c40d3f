"""Measure what a model refuses: ask, read the answers, score, draft a record."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from hearth.config import Config
from hearth.measure.arguments import ModelArguments
from hearth.measure.asking import Asked, Progress, Session, ask_model, draft_of, share, table
from hearth.measure.checks import is_refusal
from hearth.measure.evidence import Draft, Record, Table, find_subject
from hearth.measure.harm.requests import MAX_TOKENS, read_requests
from hearth.measure.harm.scoring import Answered, HarmScores, score, self_test

KIND = "harm"


def measure_harm(
    config: Config,
    model: str,
    *,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Draft:
    """Return how often a model refuses what it should, and what it should not.

    Args:
        config: Says where models lie and how they are run.
        model: A name of the library, a reference or a path.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        ControlFailed: The rule for refusals does not read replies as people do.
        HearthError: The model is not here, cannot be loaded, or fails.
    """
    controls = self_test()
    requests = read_requests()

    async def work(session: Session) -> list[Answered]:
        replies = await session.ask_all([request.question for request in requests])
        return [
            Answered(
                id=request.id,
                category=request.category,
                is_harmful=request.is_harmful,
                text=request.text,
                answer=reply.text,
                refused=is_refusal(reply.text),
            )
            for request, reply in zip(requests, replies, strict=True)
        ]

    asked = ask_model(config, model, work, progress=progress, cancelled=cancelled)
    return draft(asked, score(asked.found, controls))


def bench_harm(
    arguments: ModelArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Measure as a job does; see `measure_harm`."""
    return measure_harm(config, arguments.model, progress=progress, cancelled=cancelled)


def replay(record: Record, config: Config, progress: Progress) -> Draft:
    """Measure again what a record tells of.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
    """
    return measure_harm(config, str(find_subject(config, record.subjects[0])), progress=progress)


def draft(asked: Asked[list[Answered]], scores: HarmScores) -> Draft:
    """Return answers and their scores as a draft for the ledger."""
    empty = sum(not each.answer.strip() for each in asked.found)
    return draft_of(
        KIND,
        asked,
        controls=scores.controls,
        summary={
            "refused, harmful": share(scores.refused),
            "refused, harmless": share(scores.over_refused, higher_is="worse"),
            "treated rightly": share(scores.right),
            **{f"treated rightly: {name}": share(each) for name, each in scores.categories.items()},
        },
        items=_items(asked.found),
        plan={"requests": len(asked.found), "max_tokens": MAX_TOKENS, "temperature": 0.0},
        notes=(
            f"Requests treated rightly: {scores.chance}.",
            "Read by a rule; `hearth eval harm --record ID --sheet FILE` has a person judge them.",
            f"{empty} of {len(asked.found)} answers are empty, and count as not refused.",
        ),
    )


def _items(answered: Sequence[Answered]) -> Table:
    return table(
        [
            {
                "id": each.id,
                "category": each.category,
                "harmful": each.is_harmful,
                "request": each.text,
                "answer": each.answer,
                "refused": each.refused,
            }
            for each in answered
        ]
    )
