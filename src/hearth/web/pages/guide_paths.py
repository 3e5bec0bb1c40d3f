"""Paths on the Guide page: their steps, how far one is, and the step that is being gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hearth.errors import HearthError
from hearth.guide.paths import Path, PathProgress, Progress, Step
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class PathsView:
    """All paths or one of them, and a strip over the topic of the step that is being gone.

    Args:
        region: The paths.
        strip: The step.
        on_step: Called with a step when it is to be shown.
        on_leave: Called with the path whose last step is done, or that is left.
    """

    progress: Progress
    frame: Frame
    region: Region
    strip: Region
    on_step: Callable[[Step], Awaitable[None]]
    on_leave: Callable[[Path], Awaitable[None]]
    step: Step | None = field(default=None, init=False)
    _path: Path | None = field(default=None, init=False)
    _subject: str = field(default="", init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about paths, by name."""
        return {
            "guide-step": self._go,
            "guide-done": self._done,
            "guide-mark": self._mark,
            "guide-restart": self._restart,
            "guide-leave": self._leave,
        }

    async def show(self, path_id: str) -> None:
        """Show a path by its id, or all of them where it is empty."""
        self._subject = path_id
        try:
            shown = await asyncio.to_thread(self._read)
        except HearthError as error:
            self.region.show(part("error", error=error))
            return
        self.region.show(part("guide_paths", shown=shown))

    def forget_step(self) -> None:
        """Go no step any more."""
        self.step = self._path = None
        self._draw_strip()

    def _read(self) -> tuple[PathProgress, ...]:
        return (self.progress.of(self._subject),) if self._subject else self.progress.all()

    def _draw_strip(self) -> None:
        path, step = self._path, self.step
        self.strip.set_visibility(step is not None)
        if path is None or step is None:
            return
        at = path.steps.index(step)
        before = path.steps[at - 1] if at else None
        after = at + 1 < len(path.steps)
        values = {"path": path, "step": step, "number": at + 1, "before": before, "after": after}
        self.strip.show(part("guide_strip", **values))

    async def _go(self, command: Command) -> None:
        path_id, _, step_id = command.get("of", "").partition("/")
        path = (await asyncio.to_thread(self.progress.of, path_id)).path
        await self._show_step(path, path.step(step_id))

    async def _show_step(self, path: Path, step: Step) -> None:
        self._path, self.step = path, step
        self._draw_strip()
        await self.on_step(step)

    async def _done(self, command: Command) -> None:
        path, step = self._path, self.step
        if path is None or step is None:
            return
        await asyncio.to_thread(self.progress.mark, path.id, step.id)
        at = path.steps.index(step) + 1
        if at < len(path.steps):
            await self._show_step(path, path.steps[at])
        else:
            self.forget_step()
            await self.on_leave(path)

    async def _leave(self, command: Command) -> None:
        path = self._path
        self.forget_step()
        if path is not None:
            await self.on_leave(path)

    async def _mark(self, command: Command) -> None:
        path_id, _, step_id = command.get("step", "").partition("/")
        found = await asyncio.to_thread(self.progress.of, path_id)
        change = self.progress.unmark if step_id in found.done else self.progress.mark
        await asyncio.to_thread(change, path_id, step_id)
        await self.show(self._subject)

    async def _restart(self, command: Command) -> None:
        await asyncio.to_thread(self.progress.restart, command.get("of", ""))
        await self.show(self._subject)
