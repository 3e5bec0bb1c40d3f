"""Watch the machine while something is measured on it, and say afterwards how it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from hearth import __version__
from hearth.config import Config
from hearth.machine.engine_build import engine_build
from hearth.machine.facts import read_facts
from hearth.machine.profile import MachineProfile
from hearth.measure.evidence.disturbances import Counters, disturbances, read_counters
from hearth.measure.evidence.record import Circumstances


class Watch:
    """A measurement that goes on; made by `watch`."""

    def __init__(self, machine: MachineProfile) -> None:
        self._machine = machine
        self._begun_at = datetime.now(UTC)
        self._begun_s = time.monotonic()
        self._before = read_counters()
        self._ended: tuple[float, Counters] | None = None

    def end(self) -> None:
        """Note that the measurement is over; only the first time counts."""
        if self._ended is None:
            self._ended = (time.monotonic(), read_counters())

    def circumstances(self) -> Circumstances:
        """Return how the machine was, until the end or until now."""
        ended_s, after = self._ended or (time.monotonic(), read_counters())
        return Circumstances(
            begun_at=self._begun_at,
            seconds=round(ended_s - self._begun_s, 3),
            machine=self._machine.fingerprint,
            machine_facts=machine_facts(self._machine),
            engine=engine_build() or "",
            hearth=__version__,
            load_before=self._before.load_average,
            load_after=after.load_average,
            disturbances=disturbances(self._before, after, self._machine.cpu.num_logical or 1),
        )


@contextmanager
def watch(config: Config) -> Iterator[Watch]:
    """Watch the machine for as long as the block lasts.

        with watch(config) as watched:
            found = measure()
        draft = Draft(circumstances=watched.circumstances(), ...)

    Args:
        config: Says where Hearth's home is.
    """
    watched = Watch(read_facts(config))
    try:
        yield watched
    finally:
        watched.end()


def machine_facts(profile: MachineProfile) -> dict[str, str]:
    """Return what a reader of figures wants to know of a machine, by name."""
    cpu, memory, system = profile.cpu, profile.memory, profile.system
    threads = f"{cpu.num_threads} threads" if cpu.num_threads else ""
    size = f"{memory.total_bytes / 2**30:.1f} GiB" if memory.total_bytes else ""
    found = {
        "processor": ", ".join(part for part in (cpu.name or "", threads) if part),
        "memory": " ".join(part for part in (size, memory.kind or "") if part),
        "GPU": ", ".join(gpu.name for gpu in profile.gpus),
        "system": system.name or "",
    }
    return {name: value for name, value in found.items() if value}
