"""What a Guide page shows now: the start, a topic, paths, or a question."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hearth.errors import HearthError
from hearth.guide import children, topics
from hearth.guide.paths import Path, Step
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.pages.chips import Chips
from hearth.web.pages.guide_ask import AskView, ask_view
from hearth.web.pages.guide_paths import PathsView
from hearth.web.pages.guide_topic import TopicView, topic_view
from hearth.web.pages.guide_tree import TreeView, tree_view
from hearth.web.parts import part
from hearth.web.places import Place, places_of
from hearth.web.services import Services
from hearth.web.views import Views, draw_views


@dataclass(slots=True, kw_only=True)
class GuideView:
    """One page of one browser tab.

    Args:
        begin: What is seen before a topic is chosen.
    """

    chips: Chips
    views: Views
    tree: TreeView
    begin: Region
    topic: TopicView
    paths: PathsView
    asking: AskView

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""
        return {
            "guide-ask": self._ask,
            **self.views.commands(),
            **self.tree.commands(),
            **self.topic.commands(),
            **self.paths.commands(),
        }

    async def start(self, place: Place) -> None:
        """Show the page's first view."""
        self.views.start(place)
        await self.chips.refresh()
        await self.update()

    async def refresh(self) -> None:
        """Show what is in memory."""
        await self.chips.refresh()

    def leave(self) -> None:
        """Stop what was begun for a page that is gone."""
        self.topic.leave()
        self.asking.leave()

    async def update(self) -> None:
        """Draw the view that is seen, with what it needs."""
        place = self.views.place
        if place.view == "topic":
            await self._show_topic(place.subject)
        elif place.view == "paths":
            await self.paths.show(place.subject)
        elif place.subject != self.asking.question:
            await self.asking.ask(place.subject)
        else:
            self.asking.draw()
        self.tree.current = self.topic.topic if place.view == "topic" else None
        self.tree.draw()

    async def _show_topic(self, name: str) -> None:
        step = self.paths.step
        if step is not None and step.topic != name:  # one turned to another topic
            self.paths.forget_step()
            step = None
        self.begin.set_visibility(not name)
        if name:
            self.topic.show(name, seen=step.demonstration if step else None)
            return
        self.topic.hide()
        try:
            far = await asyncio.to_thread(self.paths.progress.all)
        except HearthError as error:
            self.begin.show(part("error", error=error))
            return
        values = {"paths": far, "chapters": children(None), "num_topics": len(topics())}
        self.begin.show(part("guide_start", **values))

    async def go_step(self, step: Step) -> None:
        """Show the topic of a path's step."""
        await self.views.go("topic", step.topic)

    async def leave_path(self, path: Path) -> None:
        """Show a path whose step is gone no more."""
        await self.views.go("paths", path.id)

    async def _ask(self, command: Command) -> None:
        await self.views.go("ask", command.get("question", "").strip())


def draw_view(services: Services, frame: Frame) -> GuideView:
    """Put the places of all views into the page that is being made."""
    tree = tree_view(frame)
    with draw_views(places_of("guide"), frame, lambda: page.update()) as views:
        with views.view("topic"):
            strip = Region().classes("strip-place")
            begin = Region()
            topic = topic_view(services.demonstrations, frame)
        with views.view("paths"):
            paths = PathsView(
                progress=services.progress,
                frame=frame,
                region=Region().classes("view-body"),
                strip=strip,
                on_step=lambda step: page.go_step(step),
                on_leave=lambda path: page.leave_path(path),
            )
        with views.view("ask"):
            asking = ask_view(services, frame)
    strip.set_visibility(False)
    page = GuideView(
        chips=Chips(services, frame),
        views=views,
        tree=tree,
        begin=begin,
        topic=topic,
        paths=paths,
        asking=asking,
    )
    views.client.on_delete(page.leave)
    return page
