"""Multiple choice of a model, from end to end: plan, try the evaluator, ask, score, hand in."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from hearth.config import Config
from hearth.core import check_range
from hearth.engine.scoring import ScoringSettings, open_scorer
from hearth.errors import InvalidRequest
from hearth.measure.choices.asking import BY, By, Chosen, choose_all
from hearth.measure.choices.controls import COLOURS, chance_of, try_evaluator
from hearth.measure.choices.keeping import items_table, questions_of, threads_of
from hearth.measure.choices.reading import ChoiceSet, read_choices
from hearth.measure.choices.scoring import ChoiceScores, score
from hearth.measure.choices.telling import num_told
from hearth.measure.choices.weighing import Speaker
from hearth.measure.evidence import Draft, Progress, Record
from hearth.measure.evidence.commands import kept_command
from hearth.measure.evidence.subjects import find_subject, subject_of
from hearth.measure.evidence.watching import watch
from hearth.measure.leaks import check_leaks

KIND = "choices"
MAX_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesPlan:
    """What will be asked, of which model, and how.

    Args:
        model: A name of the library, or a path.
        questions: What is asked.
        by: How answers are weighed: by "letter" or by "text".
        seed: Draws the answers of the self-test.
        threads: Threads that compute; None: as the machine has them.
        command: What was typed.
    """

    model: str
    questions: ChoiceSet
    by: By = "letter"
    seed: int = 0
    threads: int | None = None
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_range("seed", self.seed, 0, MAX_SEED)
        if not self.questions.items:
            raise InvalidRequest(f"No question of {self.questions.name} is left to ask.")

    @property
    def num_asked(self) -> int:
        """Prompts that the model will read, those of the self-test counted."""
        items = self.questions.items
        forms = len(items) if self.by == "text" else sum(len(each.answers) for each in items)
        return num_told(len(COLOURS)) + forms

    def __str__(self) -> str:
        items = self.questions.items
        return "\n".join(
            [
                f"multiple choice of {self.model}: {len(items):,} questions of "
                f"{self.questions.name}, by {self.by}",
                f"guessing has {chance_of(items):.0%} right",
                f"first the self-test; {self.num_asked:,} prompts in all, nothing is generated",
                *self.questions.notes,
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesArguments:
    """What a person chooses.

    Args:
        model: A name of the library, or a path.
        file: The questions.
        by: How answers are weighed.
        limit: Most questions, from the beginning of the file.
        training_data: Files that the model was trained on: questions that stand in them are left
            out.
        seed: Draws the answers of the self-test.
        threads: Threads that compute; None: as the machine has them.
    """

    model: str
    file: Path
    by: By = "letter"
    limit: int | None = None
    training_data: tuple[Path, ...] = ()
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        check_range("limit", self.limit, 1, 1_000_000)
        if self.by not in BY:
            raise InvalidRequest(
                f"Answers are weighed by {' or by '.join(BY)}, and not by {self.by!r}.", param="by"
            )

    @property
    def command(self) -> tuple[str, ...]:
        """What to type to choose so."""
        words = ["hearth", "eval", "choices", self.model, str(self.file), "--by", self.by]
        words += [] if self.limit is None else ["--limit", str(self.limit)]
        words += [word for path in self.training_data for word in ("--training-data", str(path))]
        words += [] if not self.seed else ["--seed", str(self.seed)]
        return (*words, *([] if self.threads is None else ["--threads", str(self.threads)]))


def plan_choices(chosen: ChoicesArguments) -> ChoicesPlan:
    """Gather what will be asked.

    Raises:
        InvalidRequest: Nothing is left to ask, or a file cannot be read.
    """
    questions = read_choices(chosen.file)
    if chosen.limit is not None:
        questions = replace(questions, items=questions.items[: chosen.limit])
    if chosen.training_data:
        questions = _without_leaks(questions, chosen.training_data)
    return ChoicesPlan(
        model=chosen.model,
        questions=questions,
        by=chosen.by,
        seed=chosen.seed,
        threads=chosen.threads,
        command=kept_command(chosen.command),
    )


def bench_choices(
    arguments: ChoicesArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Ask a model as a job does; see `plan_choices` and `measure_choices`."""
    return measure_choices(plan_choices(arguments), config, progress, cancelled)[1]


def measure_choices(
    plan: ChoicesPlan,
    config: Config,
    progress: Progress,
    cancelled: threading.Event | None = None,
) -> tuple[ChoiceScores, Draft]:
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
        scores, chosen = evaluate(scorer, plan, progress, cancelled)
        engine_settings = scorer.settings
    draft = Draft(
        kind=KIND,
        subjects=(subject,),
        circumstances=watched.circumstances(),
        summary=scores.figures(),
        items=items_table(chosen),
        settings={
            "questions": plan.questions.name,
            "questions_digest": plan.questions.digest,
            "num_questions": len(chosen),
            "by": plan.by,
            "engine": engine_settings,
            "controls": scores.controls.as_data(),
        },
        seed=plan.seed,
        command=plan.command,
        notes=(*plan.questions.notes, f"Accuracy {scores.chance}."),
    )
    return scores, draft


def evaluate(
    speaker: Speaker,
    plan: ChoicesPlan,
    progress: Progress,
    cancelled: threading.Event | None = None,
) -> tuple[ChoiceScores, tuple[Chosen, ...]]:
    """Try the evaluator, ask, and score; see `measure_choices`."""
    items = plan.questions.items
    controls = try_evaluator(
        speaker, items, plan.by, seed=plan.seed, progress=progress, cancelled=cancelled
    )
    chosen = choose_all(speaker, items, plan.by, progress=progress, cancelled=cancelled)
    return score(chosen, controls), chosen


def replay_choices(record: Record, config: Config, progress: Progress) -> Draft:
    """Ask the model of a record the same questions again.

    Args:
        record: With its items, which are the questions.
        config: Says where to look for the model.
        progress: Told how far it is.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
        ControlFailed: As `measure_choices`.
    """
    subject = record.subjects[0]
    by: By = "text" if record.settings.get("by") == "text" else "letter"
    plan = ChoicesPlan(
        model=str(find_subject(config, subject)),
        questions=questions_of(record),
        by=by,
        seed=record.seed or 0,
        threads=threads_of(record),
        command=record.command,
    )
    _, draft = measure_choices(plan, config, progress)
    # The bytes are the same, so the name stays the one that was measured.
    return replace(draft, subjects=(subject,))


def _without_leaks(questions: ChoiceSet, files: tuple[Path, ...]) -> ChoiceSet:
    leaks = check_leaks([item.question for item in questions.items], files)
    gone = {leak.place for leak in leaks}
    return replace(
        questions,
        items=tuple(item for place, item in enumerate(questions.items) if place not in gone),
        notes=(
            *questions.notes,
            f"{len(leaks)} of {len(questions.items)} questions stand in the training data and "
            "were left out.",
        ),
    )
