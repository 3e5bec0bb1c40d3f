"""The verification of one model: hashing in a thread, its progress, and what it found."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from functools import partial

from hearth.config import Config
from hearth.errors import HearthError, RequestAborted
from hearth.models.library import Library, ModelEntry, VerifyReport
from hearth.models.pull import repair_file
from hearth.web import figures
from hearth.web.components.fit import Verdict
from hearth.web.components.work import Meter


@dataclass(slots=True, kw_only=True)
class Check:
    """Hashes the files of a model again while a page shows how far it is.

    Args:
        repair: Whether damaged files are fetched again from where they came.
        verdict: What was found, once it is done.
        is_damaged: Whether something is wrong still.
    """

    entry: ModelEntry
    library: Library
    config: Config
    repair: bool = False
    meter: Meter = field(init=False)
    verdict: Verdict | None = field(default=None, init=False)
    is_damaged: bool = field(default=False, init=False)
    _given_up: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        places = self.entry.locations
        files = {file.path: file.size_bytes for place in places for file in place.files}
        self.meter = Meter(sum(files.values()))

    @property
    def running(self) -> bool:
        """Whether it goes on still."""
        return self.verdict is None and not self._given_up.is_set()

    async def run(self) -> None:
        """Hash everything, or as much as there is time for until it is given up."""
        try:
            report = await asyncio.to_thread(
                self.library.verify,
                self.entry.name,
                on_progress=self.meter.add,
                cancelled=self._given_up.is_set,
                repair=partial(repair_file, config=self.config) if self.repair else None,
            )
        except RequestAborted:
            return
        except HearthError as error:
            self.verdict = Verdict(kind="bad", words=error.message, hint=error.hint or "")
        else:
            self.is_damaged = not report.is_sound
            self.verdict = found(report)

    def give_up(self) -> None:
        """Stop within a moment; a no-op when it is done."""
        self._given_up.set()


def found(report: VerifyReport) -> Verdict:
    """Return the result of a verification in words."""
    problems = [file.problem for file in report.files if file.problem is not None]
    if problems:
        return Verdict(kind="bad", words=" ".join(problems))
    files = figures.count(len(report.files), "file")
    repaired = sum(file.is_repaired for file in report.files)
    if repaired:
        words = f"{figures.count(repaired, 'file')} fetched again; every byte is as it must be now."
        return Verdict(kind="good", words=words)
    vouched = sum(file.expected is not None for file in report.files)
    if vouched == len(report.files):
        return Verdict(kind="good", words=f"Sound: {files} hashed, every byte is as it must be.")
    return Verdict(
        kind="good",
        words=f"{files} hashed. Nobody had told the SHA-256 before; from now on it is known here, "
        "and a change will be found.",
    )
