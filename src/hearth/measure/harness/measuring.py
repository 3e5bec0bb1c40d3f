"""Run tasks of the harness with a model: controls first, then its answers, then evidence."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hearth.config import Config
from hearth.core import check_range
from hearth.engine.scoring import ScoringSettings
from hearth.errors import InvalidRequest
from hearth.measure.asking import Progress
from hearth.measure.controls import (
    Controls,
    Tally,
    passed,
    planted,
    shuffled,
)
from hearth.measure.evidence import (
    Draft,
    Record,
    find_subject,
    kept_command,
    subject_of,
    watch,
)
from hearth.measure.harness.answering import Answers, ModelAnswers
from hearth.measure.harness.child import start
from hearth.measure.harness.tasks import digest_of_folder, require_library
from hearth.measure.harness.telling import items, summary, told_from_chance

KIND = "harness"


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessPlan:
    """Which tasks are run, and how.

    Args:
        tasks: Names, as the folder's files give them.
        folder: Where the tasks and their data lie.
        limit: Most items of each task; None: all.
        num_fewshot: Examples before each question; None: as the task says.
        context: Longest sequence; None: as the scorer chooses.
        seed: Of examples that are drawn, and of the control by chance.
    """

    tasks: tuple[str, ...]
    folder: Path
    limit: int | None = None
    num_fewshot: int | None = None
    context: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.tasks:
            raise InvalidRequest("No task was named.", hint="Name those of --tasks-folder.")
        check_range("limit", self.limit, 1, 2**31 - 1)
        check_range("num_fewshot", self.num_fewshot, 0, 1000)

    def command(self, model: str) -> tuple[str, ...]:
        """Return what to type to run the same with a model."""
        words = ["hearth", "eval", KIND, *self.tasks, "--model", model]
        words += ["--tasks-folder", str(self.folder)]
        for name in ("limit", "num_fewshot", "context"):
            if (value := getattr(self, name)) is not None:
                words += [f"--{name.replace('_', '-')}", str(value)]
        return kept_command([*words, "--seed", str(self.seed)])

    def as_data(self) -> dict[str, Any]:
        """Return the plan as plain data, for a job."""
        return {**asdict(self), "tasks": list(self.tasks), "folder": str(self.folder)}


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessFound:
    """What the harness found.

    Args:
        controls: What its tasks passed first.
        tasks: Figures, values and items of every task, as its child told them.
        chance: Share of each task's answers that guessing has right.
    """

    controls: Controls
    tasks: Mapping[str, Any]
    chance: Mapping[str, float]


def run_harness(
    plan: HarnessPlan,
    answers: Answers,
    *,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> HarnessFound:
    """Run tasks with whoever answers.

    Args:
        plan: Which tasks.
        answers: Who answers.
        progress: Told how many requests were answered; how many there are is not known.
        cancelled: Set to stop.

    Raises:
        SetupError: The library is not installed.
        ControlFailed: A task does not score planted answers as right, or guesses as guesses.
        InvalidRequest: A task cannot be run.
        RequestAborted: It was cancelled.
    """
    require_library()
    job = {
        "tasks": list(plan.tasks),
        "limit": plan.limit,
        "num_fewshot": plan.num_fewshot,
        "seed": plan.seed,
    }
    progress(0, 0, "Trying the tasks with known answers")
    with start(plan.folder, job, cancelled) as child:
        tried = child.receive()["tasks"]
        controls = _controls(tried)
        child.send({"go": True})
        answered = 0
        while (message := child.receive())["say"] == "ask":
            progress(answered, 0, f"Answered {answered:,} requests")
            child.send({"answers": _answer(answers, message["kind"], message["requests"])})
            answered += len(message["requests"])
    return HarnessFound(
        controls=controls,
        tasks=message["tasks"],
        chance={name: each["chance"] for name, each in tried.items()},
    )


def measure_harness(
    config: Config,
    model: str,
    plan: HarnessPlan,
    *,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Draft:
    """Return what a model scores in tasks of the harness.

    Raises:
        HearthError: As `run_harness`, or the model is not here, cannot be loaded, or fails.
    """
    version = require_library()
    digest = digest_of_folder(plan.folder)
    subject = subject_of(config, model)
    settings = ScoringSettings(context=plan.context)
    with watch(config) as watched, ModelAnswers(config, model, settings, cancelled) as answers:
        found = run_harness(plan, answers, progress=progress, cancelled=cancelled)
        loaded, num_cut = answers.settings, answers.num_cut
    return Draft(
        kind=KIND,
        subjects=(subject,),
        circumstances=watched.circumstances(),
        summary=summary(found.tasks),
        items=items(found.tasks),
        settings={
            **{name: value for name, value in plan.as_data().items() if name != "folder"},
            "folder_digest": digest,
            "lm_eval": version,
            "loaded": loaded,
            "controls": found.controls.as_data(),
        },
        seed=plan.seed,
        command=plan.command(subject.name),
        notes=(*told_from_chance(found.tasks, found.chance), *_cut(num_cut)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessArguments:
    """What a job is asked for.

    Args:
        model: A name of the library, a reference or a path.
        plan: Which tasks, and how they are run.
    """

    model: str
    plan: HarnessPlan


def bench_harness(
    arguments: HarnessArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Run tasks as a job does; see `measure_harness`."""
    return measure_harness(
        config, arguments.model, arguments.plan, progress=progress, cancelled=cancelled
    )


def replay(record: Record, config: Config, progress: Progress) -> Draft:
    """Run the tasks of a record again; their folder must be where it was, and what it was.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
        InvalidRequest: The folder of tasks is not, or was changed.
    """
    words = list(record.command)
    folder = Path(words[words.index("--tasks-folder") + 1]).expanduser()
    if not folder.is_dir() or digest_of_folder(folder) != record.settings["folder_digest"]:
        raise InvalidRequest(
            f"The tasks of {record.id} were read from {folder}, which is not here or has changed.",
            hint="Put the same files there; a changed task is another measurement.",
        )
    names = ("limit", "num_fewshot", "context", "seed")
    plan = HarnessPlan(
        tasks=tuple(record.settings["tasks"]),
        folder=folder,
        **{name: record.settings[name] for name in names},
    )
    model = str(find_subject(config, record.subjects[0]))
    return measure_harness(config, model, plan, progress=progress)


def _controls(tasks: Mapping[str, Any]) -> Controls:
    tried = [
        control
        for name, found in tasks.items()
        for control in (
            planted(f"{name}, right answers", _tally(found["planted"])),
            shuffled(f"{name}, guesses", _tally(found["guessed"]), chance=found["chance"]),
        )
    ]
    return passed(KIND, *tried)


def _tally(counts: list[int]) -> Tally:
    return Tally(right=counts[0], total=counts[1])


def _answer(answers: Answers, kind: str, requests: list[Any]) -> list[Any]:
    if kind == "rolling":
        return answers.rolling([text for (text,) in requests])
    pairs = [(first, second) for first, second in requests]
    return answers.generate(pairs) if kind == "generate" else answers.loglikelihood(pairs)


def _cut(num_cut: int) -> list[str]:
    if not num_cut:
        return []
    return [f"{num_cut} contexts were longer than the model's, and lost their beginning."]
