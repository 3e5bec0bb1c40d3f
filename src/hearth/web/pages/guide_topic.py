"""A topic on the Guide page, and beside it what there is to see of it on this machine."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from markupsafe import Markup
from nicegui.element import Element

from hearth.errors import EngineError, HearthError, InvalidRequest
from hearth.guide import Topic, find
from hearth.guide.demonstrations import Demonstration
from hearth.web.commands import Command, Handler
from hearth.web.components.demonstration import draw_demonstration
from hearth.web.components.region import Region
from hearth.web.components.topic import draw_more, draw_topic
from hearth.web.demonstrations import Demonstrations
from hearth.web.frame import Frame
from hearth.web.parts import part

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class TopicView:
    """One topic and its demonstration.

    Args:
        place: Holds all, and is hidden where there is no topic.
        text: The answer.
        seen: The demonstration.
        more: What to try and to read.
    """

    demonstrations: Demonstrations
    frame: Frame
    place: Element
    text: Region
    seen: Region
    more: Region
    topic: Topic | None = field(default=None, init=False)
    _asked: str | None = field(default=None, init=False)
    _running: asyncio.Task[Demonstration] | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the command that shows the demonstration again."""
        return {"guide-run": self._run_again}

    def show(self, name: str, *, seen: str | None = None) -> None:
        """Show a topic, and begin its demonstration.

        Args:
            name: Any of its names.
            seen: Another demonstration than its own.
        """
        self.leave()
        self.place.set_visibility(True)
        try:
            self.topic = find(name).topic
        except HearthError as error:
            self.topic = None
            self.text.show(part("error", error=error))
            self.seen.set_visibility(False)
            self.more.set_visibility(False)
            return
        self.text.show(draw_topic(self.topic))
        self.more.show(draw_more(self.topic))
        self.seen.set_visibility(True)
        self.more.set_visibility(True)
        self.frame.say(self.topic.title)
        self._asked = seen or self.topic.demonstration
        if self._asked is not None and self.demonstrations.last(self._asked) is None:
            self._begin(self._asked)
        self._draw()

    def hide(self) -> None:
        """Show no topic."""
        self.leave()
        self.topic = None
        self.place.set_visibility(False)

    def leave(self) -> None:
        """Stop the demonstration of a topic that is read no more."""
        if self._running is not None:
            self._running.cancel()
            self._running = None

    def _begin(self, name: str) -> None:
        work = self.demonstrations.run(name)
        self._running = asyncio.create_task(work, name=f"demonstrate {name}")
        self._running.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Demonstration]) -> None:
        """Draw what a demonstration showed, or why it did not."""
        if task is not self._running or task.cancelled():
            return
        self._running = None
        failure = task.exception()
        if failure is None:
            self.frame.say("The demonstration is there.")
        elif not isinstance(failure, HearthError):
            _log.error("a demonstration failed", exc_info=failure)
            failure = EngineError(
                "The demonstration failed in Hearth itself.",
                hint="The details are in Hearth's log.",
            )
        self._draw(failure)

    def _draw(self, error: HearthError | None = None) -> None:
        topic = self.topic
        if topic is None:
            return
        found = self.demonstrations.last(self._asked) if self._asked else None
        self.seen.show(
            part(
                "guide_demo",
                demonstration=draw_demonstration(found) if found and not error else Markup(),
                error=part("error", error=error) if error else Markup(),
                running=self._running is not None,
                reason=topic.no_demonstration,
            )
        )

    async def _run_again(self, command: Command) -> None:
        if self._asked is None:
            raise InvalidRequest("This topic has nothing to run.")
        if self._running is None:
            self._begin(self._asked)
            self._draw()


def topic_view(demonstrations: Demonstrations, frame: Frame) -> TopicView:
    """Put the view into the current place of the page."""
    with Element("div").classes("topic-pair") as place:
        text = Region(tag="article").classes("topic text").props("aria-labelledby=g-title")
        seen = Region(tag="section").classes("tile demo seen").props('aria-label="See it here"')
        more = Region().classes("topic more")
    return TopicView(
        demonstrations=demonstrations, frame=frame, place=place, text=text, seen=seen, more=more
    )
