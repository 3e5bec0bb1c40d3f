"""A model loaded by itself, to be asked a set of questions, with the machine watched meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hearth.config import Config
from hearth.core import LoadOptions, Message, ModelStatus
from hearth.engine.client import Engine
from hearth.engine.local import LocalEngine
from hearth.measure.asking.ask import Progress, Question, Reply, ask_all
from hearth.measure.asking.engine import asking
from hearth.measure.evidence import Circumstances, Subject, subject_of, watch
from hearth.models.gguf.info import inspect
from hearth.models.library import Library

ENOUGH_CONTEXT = 2048  # for a question and its answer

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A loaded model that waits for questions.

    Args:
        engine: Has it in memory.
        model: What it is called there.
        status: How it was loaded.
        progress: Told how far the questions are.
        cancelled: Set to stop.
    """

    engine: Engine
    model: str
    status: ModelStatus
    progress: Progress
    cancelled: threading.Event | None

    async def ask_all(self, questions: Sequence[Question]) -> list[Reply]:
        """Put questions one after another; see `hearth.measure.asking.ask_all`."""
        ask = asking(self.engine, self.model)
        return await ask_all(ask, questions, progress=self.progress, cancelled=self.cancelled)

    async def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens of a conversation with the model's template."""
        return len((await self.engine.render(self.model, messages)).tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[T]):
    """What was found out by asking a model, and what a record needs beside it.

    Args:
        found: What the questions came to.
        subject: The model.
        circumstances: The machine meanwhile.
        loaded: How the model was loaded: settings by name.
    """

    found: T
    subject: Subject
    circumstances: Circumstances
    loaded: dict[str, str]


def ask_model(
    config: Config,
    model: str,
    work: Callable[[Session], Awaitable[T]],
    *,
    context: int = ENOUGH_CONTEXT,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Asked[T]:
    """Load a model in a worker of its own, put questions to it, and give its memory back.

    A worker of its own, with one sequence, because whatever else a server computes at the same time
    changes scores in their last bits, and then answers.

    Args:
        config: Says where models lie and how they are run.
        model: A name of the library, a reference or a path.
        work: What is done with the loaded model.
        context: Longest sequence, in tokens; less where the model was trained for less.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        ModelNotFound: There is no such model.
        RequestAborted: It was cancelled.
        HearthError: The model cannot be loaded or fails.
    """
    progress(0, 0, f"Looking at {model}")
    subject = subject_of(config, model, cancelled=_is_set(cancelled))
    path = Library(config).resolve(model).path
    options = LoadOptions(
        context=min(context, inspect(path).context_length),
        num_sequences=1,
        prefix_cache="memory",  # nobody comes back to these prompts
    )

    async def run() -> tuple[T, ModelStatus]:
        engine = LocalEngine(config)
        try:
            progress(0, 0, f"Loading {subject.name}")
            status = await engine.load(model, options)
            session = Session(
                engine=engine, model=model, status=status, progress=progress, cancelled=cancelled
            )
            return await work(session), status
        finally:
            await engine.close()

    with watch(config) as watched:
        found, status = asyncio.run(run())
    return Asked(
        found=found,
        subject=subject,
        circumstances=watched.circumstances(),
        loaded={name: choice.value for name, choice in status.choices.items()},
    )


def _is_set(cancelled: threading.Event | None) -> Callable[[], bool]:
    return cancelled.is_set if cancelled is not None else lambda: False
