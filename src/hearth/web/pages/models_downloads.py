"""The downloads that a Models page shows, and what can be done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hearth.jobs import Jobs, JobState
from hearth.jobs.pulls import start_pull
from hearth.models.pull import PullOptions
from hearth.web.commands import Command, Handler
from hearth.web.components.downloads import Download, downloads_of, draw_downloads
from hearth.web.components.region import Region

MAX_JOBS = 50  # that are looked at


@dataclass(slots=True, kw_only=True)
class DownloadsView:
    """The downloads of one page; they themselves belong to the program, and go on without it.

    Args:
        say: Lets a screen reader say something.
        on_arrival: Called when a model has arrived.
    """

    jobs: Jobs
    region: Region
    say: Callable[[str], None]
    on_arrival: Callable[[], Awaitable[None]]
    running: frozenset[str] = field(default=frozenset(), init=False)
    _states: dict[str, JobState] = field(default_factory=dict, init=False)
    _dismissed: set[str] = field(default_factory=set, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about downloads, by name."""
        return {
            "pull": self._pull,
            "pull-large": self._pull_large,
            "stop-pull": self._stop,
            "resume-pull": self._resume,
            "dismiss-pull": self._dismiss,
        }

    async def refresh(self) -> None:
        """Look how far they are, draw it, and tell of those that have ended."""
        records = await asyncio.to_thread(self.jobs.list, limit=MAX_JOBS)
        self.running = frozenset(record.target for record in records if not record.state.ended)
        shown = downloads_of(records, datetime.now(UTC), frozenset(self._dismissed))
        self.region.show(draw_downloads(shown))
        ended = [one for one in shown if self._has_just_ended(one)]
        self._states = {one.id: one.state for one in shown}
        for one in ended:
            self.say(f"{one.title}: {one.error.message if one.error else one.doing}.")
        if any(one.state is JobState.DONE for one in ended):
            await self.on_arrival()

    def _has_just_ended(self, download: Download) -> bool:
        before = self._states.get(download.id)
        return before is not None and not before.ended and download.state.ended

    async def _pull(self, command: Command) -> None:
        # Whoever reads this page may be at another machine: an address may not lead into this
        # one's network.
        options = PullOptions(is_trusted=False)
        reference = command.get("reference", "")
        await asyncio.to_thread(start_pull, self.jobs, reference, options)
        self.say("The download has begun.")
        await self.refresh()

    async def _pull_large(self, command: Command) -> None:
        record = await asyncio.to_thread(self.jobs.get, command.get("id", ""))
        options = PullOptions(is_trusted=False, allow_large=True)
        reference = str(record.arguments["reference"])
        await asyncio.to_thread(start_pull, self.jobs, reference, options)
        await self.refresh()

    async def _stop(self, command: Command) -> None:
        await asyncio.to_thread(self.jobs.cancel, command.get("id", ""))
        await self.refresh()

    async def _resume(self, command: Command) -> None:
        await asyncio.to_thread(self.jobs.resume, command.get("id", ""))
        await self.refresh()

    async def _dismiss(self, command: Command) -> None:
        self._dismissed.add(command.get("id", ""))
        await self.refresh()
