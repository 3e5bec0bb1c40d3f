"""What a demonstration may use: the settings, an engine with a model, and this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearth.config import Config

if TYPE_CHECKING:
    from hearth.engine.client import Engine
    from hearth.machine.profile import MachineProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a demonstration runs.

    Args:
        engine: Loads the model when it is first asked.
        model: A name of the library, or a path.
    """

    config: Config
    engine: Engine
    model: str

    def machine(self) -> MachineProfile:
        """Return this machine, with what was last measured on it."""
        from hearth.machine.keep import this_machine

        return this_machine(self.config)
