"""What the system tells of disturbances: counters before a measurement against those after it.

Source: Documentation/admin-guide/thermal/intel_thermal_throttle.rst (`core_throttle_count`),
Documentation/admin-guide/cgroup-v2.rst (`nr_throttled`) and proc_stat(5) (`steal`) of Linux.
Elsewhere most of it is not told, and nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from hearth.machine.cgroup import count_throttled
from hearth.machine.power.battery import find as find_batteries
from hearth.machine.read.files import read_text

MOST_STOLEN = 0.02  # of all processor time: with more of it, figures are another machine's too
MOST_OTHERS = 0.25  # processes beside the measurement for each processor
SWAPPED_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Figures that only grow while the system runs, and what goes on now.

    Args:
        throttled_hot: Times that processors were slowed because they were hot.
        throttled_quota: Times that the container had used up its processor time.
        stolen_s: Processor time that the host gave to others.
        busy_and_idle_s: All processor time there was.
        swapped_bytes: Written to and read from the swap.
        load_average: Processes that wanted to run, over one minute.
        on_battery: Whether a battery is being discharged.
    """

    throttled_hot: int = 0
    throttled_quota: int = 0
    stolen_s: float = 0.0
    busy_and_idle_s: float = 0.0
    swapped_bytes: int = 0
    load_average: float | None = None
    on_battery: bool = False


def read_counters(root: Path = Path("/")) -> Counters:
    """Read the counters.

    Args:
        root: Where `proc` and `sys` are mounted.
    """
    times, swap = psutil.cpu_times(), psutil.swap_memory()
    return Counters(
        throttled_hot=_throttled_hot(root),
        throttled_quota=count_throttled(root),
        stolen_s=getattr(times, "steal", 0.0),
        busy_and_idle_s=sum(times),
        swapped_bytes=swap.sin + swap.sout,
        load_average=psutil.getloadavg()[0],
        on_battery=bool(find_batteries(root).found),
    )


def disturbances(before: Counters, after: Counters, num_processors: int) -> tuple[str, ...]:
    """Return what disturbed the machine between two readings, a sentence each.

    Args:
        before: Read when the measurement began.
        after: Read when it was over.
        num_processors: Of the machine.
    """
    found = []
    if before.load_average is not None and before.load_average > MOST_OTHERS * num_processors:
        found.append(
            f"others computed when it began: {before.load_average:.1f} processes wanted to run on "
            f"{num_processors} processors"
        )
    hot = after.throttled_hot - before.throttled_hot
    if hot > 0:
        found.append(f"the processor was slowed {hot} times because it was hot")
    quota = after.throttled_quota - before.throttled_quota
    if quota > 0:
        found.append(f"the container had used up its processor time {quota} times")
    all_s = after.busy_and_idle_s - before.busy_and_idle_s
    stolen = (after.stolen_s - before.stolen_s) / all_s if all_s > 0 else 0.0
    if stolen > MOST_STOLEN:
        found.append(f"the host gave {stolen:.0%} of the processor time to others")
    swapped_bytes = after.swapped_bytes - before.swapped_bytes
    if swapped_bytes > SWAPPED_BYTES:
        found.append(f"{swapped_bytes >> 20} MiB went to the swap and back")
    if before.on_battery or after.on_battery:
        found.append("it ran on a battery")
    return tuple(found)


def _throttled_hot(root: Path) -> int:
    folder = root / "sys/devices/system/cpu"
    counts = (read_text(path) for path in folder.glob("cpu*/thermal_throttle/core_throttle_count"))
    return sum(int(count) for count in counts if count and count.isdigit())
