"""Truth of a model, from end to end: plan, try the evaluator, ask, score, hand in the evidence."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from hearth.config import Config
from hearth.core import check_range
from hearth.engine.scoring import ScoringSettings, open_scorer
from hearth.errors import InvalidRequest
from hearth.measure.choices.keeping import threads_of
from hearth.measure.choices.telling import num_told
from hearth.measure.choices.weighing import Speaker
from hearth.measure.evidence import Draft, Progress, Record, Subject
from hearth.measure.evidence.commands import kept_command
from hearth.measure.evidence.subjects import find_subject, subject_of
from hearth.measure.evidence.watching import watch
from hearth.measure.leaks import check_leaks
from hearth.measure.truth.asking import CONTENT_FREE, Answered, ask_all
from hearth.measure.truth.controls import try_evaluator
from hearth.measure.truth.items import QuestionSet, built_in, categories
from hearth.measure.truth.keeping import items_table, questions_of
from hearth.measure.truth.reading import read_questions
from hearth.measure.truth.scoring import TruthScores, score

KIND = "truth"
MAX_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthPlan:
    """What will be asked, of which model.

    Args:
        model: A name of the library, or a path.
        questions: What is asked.
        seed: Of what is dealt and drawn: the self-test, and the bootstrap.
        threads: Threads that compute; None: as the machine has them.
        command: What was typed.
    """

    model: str
    questions: QuestionSet
    seed: int = 0
    threads: int | None = None
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_range("seed", self.seed, 0, MAX_SEED)
        if not self.questions.items:
            raise InvalidRequest(
                f"No question of {self.questions.name} is left to ask.",
                hint="Choose more categories, a greater --limit, or another file.",
            )

    @property
    def num_asked(self) -> int:
        """Prompts that the model will read, those of the self-test counted."""
        items = self.questions.items
        lone = {item.is_question for item in items if not item.negation}
        forms = sum(1 + bool(item.negation) for item in items)
        return num_told(2) + len(lone) * len(CONTENT_FREE) + forms

    def __str__(self) -> str:
        items = self.questions.items
        negated = sum(bool(item.negation) for item in items)
        return "\n".join(
            [
                f"truth of {self.model}: {len(items):,} questions of {self.questions.name}, "
                f"{negated:,} of them asked negated too",
                f"categories: {', '.join(filter(None, categories(items))) or 'none given'}",
                f"true: {sum(item.is_true for item in items):,} of {len(items):,}",
                f"first the self-test; {self.num_asked:,} prompts in all, nothing is generated",
                *self.questions.notes,
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthArguments:
    """What a person chooses.

    Args:
        model: A name of the library, or a path.
        file: A person's own questions; None: those that were written for Hearth.
        category: Only these; empty: all.
        limit: Most questions.
        training_data: Files that the model was trained on: questions that stand in them are left
            out.
        seed: Of what is dealt and drawn.
        threads: Threads that compute; None: as the machine has them.
    """

    model: str
    file: Path | None = None
    category: tuple[str, ...] = ()
    limit: int | None = None
    training_data: tuple[Path, ...] = ()
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        check_range("limit", self.limit, 1, 1_000_000)

    @property
    def command(self) -> tuple[str, ...]:
        """What to type to choose so."""
        words = ["hearth", "eval", "truth", self.model]
        words += [] if self.file is None else ["--questions", str(self.file)]
        words += [word for name in self.category for word in ("--category", name)]
        words += [] if self.limit is None else ["--limit", str(self.limit)]
        words += [word for path in self.training_data for word in ("--training-data", str(path))]
        words += [] if not self.seed else ["--seed", str(self.seed)]
        return (*words, *([] if self.threads is None else ["--threads", str(self.threads)]))


def plan_truth(chosen: TruthArguments) -> TruthPlan:
    """Gather what will be asked.

    Raises:
        InvalidRequest: Nothing is left to ask, or a file cannot be read.
    """
    questions = built_in() if chosen.file is None else read_questions(chosen.file)
    questions = questions.of(chosen.category, chosen.limit)
    if chosen.training_data:
        leaks = check_leaks([item.text for item in questions.items], chosen.training_data)
        questions = questions.without(
            [leak.place for leak in leaks],
            f"{len(leaks)} of {len(questions.items)} questions stand in the training data and "
            "were left out.",
        )
    return TruthPlan(
        model=chosen.model,
        questions=questions,
        seed=chosen.seed,
        threads=chosen.threads,
        command=kept_command(chosen.command),
    )


def bench_truth(
    arguments: TruthArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Ask a model as a job does; see `plan_truth` and `measure_truth`."""
    return measure_truth(plan_truth(arguments), config, progress, cancelled)[1]


def measure_truth(
    plan: TruthPlan,
    config: Config,
    progress: Progress,
    cancelled: threading.Event | None = None,
) -> tuple[TruthScores, Draft]:
    """Ask a model, and return the figures with the evidence of them.

    Args:
        plan: What is asked.
        config: Says where models lie, and how they are run.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        ControlFailed: The evaluator or the model failed the self-test; there is no score.
        RequestAborted: `cancelled` was set.
        HearthError: The model cannot be loaded, or a question does not fit.
    """
    progress(0, plan.num_asked, "Loading the model")
    subject = subject_of(config, plan.model)
    settings = ScoringSettings(threads=plan.threads)
    with (
        watch(config) as watched,
        open_scorer(plan.model, settings, config=config, cancelled=cancelled) as scorer,
    ):
        scores, answered = evaluate(scorer, plan, progress, cancelled)
        engine_settings = scorer.settings
    draft = Draft(
        kind=KIND,
        subjects=(subject,),
        circumstances=watched.circumstances(),
        summary=scores.figures(),
        repeats={"log_odds": tuple(each.log_odds for each in answered)},
        items=items_table(answered),
        settings={
            "questions": plan.questions.name,
            "questions_digest": plan.questions.digest,
            "num_questions": len(answered),
            "engine": engine_settings,
            "controls": scores.controls.as_data(),
        },
        seed=plan.seed,
        command=plan.command,
        notes=(*plan.questions.notes, f"Answers {scores.chance}."),
    )
    return scores, draft


def evaluate(
    speaker: Speaker,
    plan: TruthPlan,
    progress: Progress,
    cancelled: threading.Event | None = None,
) -> tuple[TruthScores, tuple[Answered, ...]]:
    """Try the evaluator, ask, and score; see `measure_truth`."""
    items = plan.questions.items
    controls = try_evaluator(speaker, items, seed=plan.seed, progress=progress, cancelled=cancelled)
    answered = ask_all(speaker, items, progress=progress, cancelled=cancelled)
    return score(answered, controls, seed=plan.seed), answered


def replay_truth(record: Record, config: Config, progress: Progress) -> Draft:
    """Ask the model of a record the same questions again.

    Args:
        record: With its items, which are the questions.
        config: Says where to look for the model.
        progress: Told how far it is.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
        ControlFailed: As `measure_truth`.
    """
    return measure_again(record, record.subjects[0], config, progress)


def measure_again(record: Record, subject: Subject, config: Config, progress: Progress) -> Draft:
    """Ask one of a record's models the record's questions again; see `replay_truth`."""
    plan = TruthPlan(
        model=str(find_subject(config, subject)),
        questions=questions_of(record),
        seed=record.seed or 0,
        threads=threads_of(record),
        command=record.command,
    )
    _, draft = measure_truth(plan, config, progress)
    # The bytes are the same, so the name stays the one that was measured.
    return replace(draft, subjects=(subject,))
