"""The can-run table on the Machine page: it recolours as the sliders move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from nicegui.element import Element

from hearth.errors import HearthError, InvalidRequest
from hearth.machine.profile import MachineProfile
from hearth.plan.accuracy import Accuracy
from hearth.plan.choose.can_run import CanRun, can_run
from hearth.plan.corrections import corrections
from hearth.plan.units import num_bytes
from hearth.web.commands import Command, Handler, number
from hearth.web.components.region import Region
from hearth.web.components.runs_grid import (
    CONTEXTS,
    DEFAULT_CONTEXT,
    DEFAULT_SPEED,
    SPEEDS,
    draw_runs,
    summary,
)
from hearth.web.frame import Frame
from hearth.web.pages.machine_book import Book
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class RunsView:
    """Two sliders and the grid.

    Args:
        say: Lets a screen reader say something.
    """

    book: Book
    form: Region
    grid: Region
    say: Callable[[str], None]
    _context: int = field(default=DEFAULT_CONTEXT, init=False)
    _speed: int = field(default=DEFAULT_SPEED, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the command of the sliders."""
        return {"runs": self._ask}

    async def update(self) -> None:
        """Compute the table for what is asked, and draw it."""
        profile = self.book.profile
        if profile is None:
            return
        try:
            found = await asyncio.to_thread(
                _computed, profile, self._context, self._speed, self.book.accuracy
            )
        except HearthError as error:
            self.grid.show(part("error", error=error))
            return
        self._draw_form(found)
        self.grid.show(draw_runs(found))
        self.say(summary(found))

    def _draw_form(self, found: CanRun) -> None:
        free = found.limits.free_bytes
        context = ("context", "Context", CONTEXTS, CONTEXTS.index(self._context), "tokens")
        speed = ("speed", "Fast enough", SPEEDS, SPEEDS.index(self._speed), "tokens/s")
        sliders = [
            (*context, "Tokens of one conversation."),
            (*speed, "Tokens per second; people read about five."),
        ]
        free_words = num_bytes(free) if free is not None else ""
        self.form.show(part("machine_runs_form", sliders=sliders, free=free_words))

    async def _ask(self, command: Command) -> None:
        self._context = _at(CONTEXTS, command, "context")
        self._speed = _at(SPEEDS, command, "speed")
        await self.update()


def runs_view(book: Book, frame: Frame) -> RunsView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-runs"):
        form = Region()
        grid = Region().classes("runs-place")
    return RunsView(book=book, form=form, grid=grid, say=frame.say)


def _computed(
    profile: MachineProfile, context: int, min_speed: int, known: Accuracy | None
) -> CanRun:
    learned = corrections(known) if known is not None else None
    return can_run(profile, context=context, min_speed=min_speed, corrections=learned)


def _at(values: tuple[int, ...], command: Command, name: str) -> int:
    at = number(command, name)
    if not 0 <= at < len(values):
        raise InvalidRequest(f"{name} is {at}; 0 to {len(values) - 1} are possible.", param=name)
    return values[at]
