"""Multiple choice of a model, from end to end: plan, try the evaluator, ask, score, hand in."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
        if self.by not in BY:
            raise InvalidRequest(
                f"Answers are weighed by {' or by '.join(BY)}, and not by {self.by!r}.", param="by"
            )
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


def plan_choices(
    model: str,
    file: Path,
    *,
    by: By = "letter",
    limit: int | None = None,
    training_data: tuple[Path, ...] = (),
    seed: int = 0,
    threads: int | None = None,
) -> ChoicesPlan:
    """Choose what to ask.

    Args:
        model: A name of the library, or a path.
        file: The questions.
        by: How answers are weighed.
        limit: Most questions, from the beginning of the file.
        training_data: Files that the model was trained on: questions that stand in them are left
            out.
        seed: Draws the answers of the self-test.
        threads: Threads that compute; None: as the machine has them.

    Raises:
        InvalidRequest: Nothing is left to ask, or a file cannot be read.
    """
    questions = read_choices(file)
    if limit is not None:
        check_range("limit", limit, 1, 1_000_000)
        questions = replace(questions, items=questions.items[:limit])
    if training_data:
        questions = _without_leaks(questions, training_data)
    words = ["hearth", "eval", "choices", model, str(file), "--by", by]
    words += [] if limit is None else ["--limit", str(limit)]
    words += [word for path in training_data for word in ("--training-data", str(path))]
    words += [] if not seed else ["--seed", str(seed)]
    words += [] if threads is None else ["--threads", str(threads)]
    return ChoicesPlan(
        model=model,
        questions=questions,
        by=by,
        seed=seed,
        threads=threads,
        command=kept_command(words),
    )


def bench_choices(
    arguments: Mapping[str, Any], config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Ask a model as plain data says: a measurement as a job.

    Args:
        arguments: As `choices_plan_of` reads them.
        config: Says where models lie, and how they are run.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        HearthError: As `measure_choices`.
    """
    return measure_choices(choices_plan_of(arguments), config, progress, cancelled)[1]


def choices_plan_of(arguments: Mapping[str, Any]) -> ChoicesPlan:
    """Return the plan of plain data.

    Args:
        arguments: Of `plan_choices`, by name: `model`, `file` and whichever others are wanted.

    Raises:
        InvalidRequest: As `plan_choices`.
    """
    return plan_choices(
        arguments["model"],
        Path(arguments["file"]),
        by=arguments.get("by", "letter"),
        limit=arguments.get("limit"),
        training_data=tuple(map(Path, arguments.get("training_data", ()))),
        seed=arguments.get("seed", 0),
        threads=arguments.get("threads"),
    )


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
