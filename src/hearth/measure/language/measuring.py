"""Measure a model's language: ask, count, draft a record."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field

from hearth.config import Config
from hearth.measure.asking import (
    Asked,
    Progress,
    Session,
    ask_model,
    draft_of,
    figure,
    share,
    table,
)
from hearth.measure.evidence import Draft, Record, find_subject
from hearth.measure.language.figures import loops, repetition, vocabulary
from hearth.measure.language.prompts import LanguagePlan
from hearth.measure.language.scoring import LanguageScores, Written, score, self_test

KIND = "language"


def measure_language(
    config: Config,
    model: str,
    plan: LanguagePlan | None = None,
    *,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Draft:
    """Return what can be counted of a model's language.

    Args:
        config: Says where models lie and how they are run.
        model: A name of the library, a reference or a path.
        plan: How much is written, and how it is drawn.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        ControlFailed: Loops are not found, or found where there are none.
        HearthError: The model is not here, cannot be loaded, or fails.
    """
    wanted = plan or LanguagePlan()
    controls = self_test()
    questions = wanted.questions()

    async def work(session: Session) -> list[Written]:
        replies = await session.ask_all(questions)
        return [
            Written(prompt=question.messages[-1].content, answer=reply.text, is_cut=reply.is_cut)
            for question, reply in zip(questions, replies, strict=True)
        ]

    asked = ask_model(
        config,
        model,
        work,
        context=1024 + wanted.max_tokens,
        progress=progress,
        cancelled=cancelled,
    )
    return _draft(asked, score(asked.found, controls, seed=wanted.seed), wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageArguments:
    """What a job is asked for.

    Args:
        model: A name of the library, a reference or a path.
        plan: How it is measured.
    """

    model: str
    plan: LanguagePlan = field(default_factory=LanguagePlan)


def bench_language(
    arguments: LanguageArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Measure as a job does; see `measure_language`."""
    return measure_language(
        config, arguments.model, arguments.plan, progress=progress, cancelled=cancelled
    )


def replay(record: Record, config: Config, progress: Progress) -> Draft:
    """Measure again what a record tells of, with its own plan.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
    """
    model = str(find_subject(config, record.subjects[0]))
    plan = LanguagePlan(
        samples=record.settings["samples"],
        max_tokens=record.settings["max_tokens"],
        temperature=record.settings["temperature"],
        seed=record.settings["seed"],
    )
    return measure_language(config, model, plan, progress=progress)


def _draft(asked: Asked[list[Written]], scores: LanguageScores, plan: LanguagePlan) -> Draft:
    return draft_of(
        KIND,
        asked,
        controls=scores.controls,
        summary={
            "repetition": share(scores.repetition, higher_is="worse"),
            "looping": share(scores.looping, higher_is="worse"),
            "sameness": share(scores.sameness, higher_is="worse"),
            "vocabulary": figure(scores.vocabulary),
            "ended by itself": share(scores.ended),
        },
        items=table(
            [
                {
                    "prompt": each.prompt,
                    "answer": each.answer,
                    "cut": each.is_cut,
                    "repetition": repetition(each.answer),
                    "loops": loops(each.answer),
                    "vocabulary": vocabulary(each.answer),
                }
                for each in asked.found
            ]
        ),
        plan=asdict(plan),
        options=(
            *("--samples", str(plan.samples)),
            *("--max-tokens", str(plan.max_tokens)),
            *("--temperature", f"{plan.temperature:g}"),
            *("--seed", str(plan.seed)),
        ),
        seed=plan.seed,
        notes=(
            f"Texts by a person: repetition {scores.person_repetition:.1%}, vocabulary "
            f"{scores.person_vocabulary:.2f}.",
            "Figures of repetition and variety say nothing of sense or charm; people do, in an "
            "arena.",
            *([f"{scores.empty} answers hold no word."] if scores.empty else []),
        ),
    )
