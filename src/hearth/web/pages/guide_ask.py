"""Questions on the Guide page: the topics that fit first, then a model's answer from them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field

from markupsafe import Markup

from hearth.errors import EngineError, HearthError
from hearth.guide import Topic
from hearth.guide.asking import Answered, ask_guide
from hearth.guide.search import MAX_QUERY_CHARS, search
from hearth.web import figures
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.parts import part
from hearth.web.services import Services

NUM_TOPICS = 3

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class AskView:
    """One question, and what came of it."""

    services: Services
    frame: Frame
    region: Region
    question: str = field(default="", init=False)
    _topics: tuple[Topic, ...] | None = field(default=None, init=False)
    _sentences: list[Answered] = field(default_factory=list, init=False)
    _refused: HearthError | None = field(default=None, init=False)
    _failed: HearthError | None = field(default=None, init=False)
    _answering: asyncio.Task[None] | None = field(default=None, init=False)

    async def ask(self, question: str) -> None:
        """Find the topics of a question and show them; the model's answer follows."""
        self.leave()
        self.question = question.strip()[:MAX_QUERY_CHARS]
        self._topics, self._sentences = None, []
        self._refused = self._failed = None
        if self.question:
            await self._search()
        self.draw()

    async def _search(self) -> None:
        try:
            hits = await asyncio.to_thread(search, self.question, limit=NUM_TOPICS)
        except HearthError as error:
            self._refused = error
            return
        self._topics = tuple(hit.topic for hit in hits)
        self.frame.say(f"{figures.count(len(hits), 'topic')} found.")
        if hits:
            self._answering = asyncio.create_task(self._answer(), name="answer from the guide")
            self._answering.add_done_callback(self._ended)

    def leave(self) -> None:
        """Stop an answer that nobody waits for."""
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None

    def draw(self) -> None:
        """Draw what is known now."""
        self.region.show(
            part(
                "guide_ask",
                question=self.question,
                topics=self._topics,
                model=self.services.config.model,
                sentences=self._sentences,
                running=self._answering is not None,
                refused=_notice(self._refused),
                failed=_notice(self._failed),
            )
        )

    async def _answer(self) -> None:
        model, topics = self.services.config.model, self._topics or ()
        answer = ask_guide(self.question, topics, self.services.engine, model)
        async with aclosing(answer) as sentences:
            async for sentence in sentences:
                self._sentences.append(sentence)
                self.draw()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Say that the answer is whole, or why it is not."""
        if task is not self._answering or task.cancelled():
            return
        self._answering = None
        failure = task.exception()
        if isinstance(failure, HearthError):
            self._failed = failure
        elif failure is not None:
            _log.error("an answer from the guide failed", exc_info=failure)
            self._failed = EngineError(
                "The answer failed in Hearth itself.", hint="The details are in Hearth's log."
            )
        self.draw()
        self.frame.say("The answer has ended.")


def ask_view(services: Services, frame: Frame) -> AskView:
    """Put the view into the current place of the page."""
    return AskView(services=services, frame=frame, region=Region().classes("view-body"))


def _notice(error: HearthError | None) -> Markup:
    return part("error", error=error) if error is not None else Markup()
