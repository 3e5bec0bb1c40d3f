"""The chips of the top bar on pages that have no conversation: what is in memory, how confined."""

from __future__ import annotations

from hearth.core import ModelStatus
from hearth.errors import HearthError, InvalidRequest
from hearth.web.commands import Command
from hearth.web.components.status import (
    confinement_panel,
    offline_chip,
    status_chips,
    status_panel,
)
from hearth.web.frame import Frame
from hearth.web.services import Services


class Chips:
    """Asks the engine what is in memory, and draws it into a frame.

    Args:
        frame: Gets the chips, their two panels and the command that opens them.
    """

    def __init__(self, services: Services, frame: Frame) -> None:
        self._services = services
        self._frame = frame
        self._panels = {
            "status": frame.add_panel("status", "What is loaded", align="end"),
            "confinement": frame.add_panel("confinement", "What the model can reach", align="end"),
        }
        self.statuses: list[ModelStatus] | None = None
        frame.commands.register({"panel": self._open})

    async def refresh(self) -> None:
        """Ask the engine and draw; `statuses` is None while it does not answer."""
        try:
            self.statuses = await self._services.engine.status()
        except HearthError:
            self.statuses = None
            self._frame.top_end.show(offline_chip())
            return
        shown = self.statuses[0].name if self.statuses else self._services.config.model
        self._frame.top_end.show(status_chips(self.statuses, shown, speed=None, fill=None))

    async def _open(self, command: Command) -> None:
        name, statuses = command.get("panel", ""), self.statuses or ()
        if name == "status":
            self._panels[name].show(status_panel(statuses, self._services.config))
        elif name == "confinement":
            self._panels[name].show(confinement_panel(statuses))
        else:
            raise InvalidRequest(f"This page has no panel {name!r}.")
