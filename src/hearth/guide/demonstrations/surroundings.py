"""What a demonstration may use: the settings, an engine with a model, and this machine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hearth.config import Config
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

    async def machine(self) -> MachineProfile:
        """Return this machine with the speeds of its memory and disk.

        They were measured once and are kept; where they never were, it takes up to 20 seconds.

        Raises:
            SetupError: Hearth's home cannot be written.
        """
        from hearth.machine.keep import measure_this_machine, this_machine

        profile = await asyncio.to_thread(this_machine, self.config)
        if profile.memory.bandwidth_by_threads:
            return profile
        return await asyncio.to_thread(measure_this_machine, self.config, lambda part: None)
