"""From repeated measurements to one figure with its range.

On a machine that does other work too, a repeat is often cut in two by it and then tells nothing of
the hardware. Such repeats show themselves: the thread had the processor for less time than went by.
They are left out, and counted; where nearly all are so, the figure is made from all of them, and
says that.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hearth.machine.profile import Measured, Unit

MIN_REPEATS = 3
WANTED = 15
MOST_S = 0.4  # for all repeats of one figure
LEAST_SHARE = 0.9  # of the time that went by, for a repeat to count as undisturbed
# Where the clock of a thread ticks too slowly (Windows), no repeat can be told from another.
_CAN_TELL = time.get_clock_info("thread_time").resolution < 1e-4


@dataclass(frozen=True, slots=True)
class Repeat:
    """One repeat: its value, and whether the processor was taken away meanwhile."""

    value: float
    is_disturbed: bool = False


def is_disturbed(busy_s: float, elapsed_s: float) -> bool:
    """Return whether a thread that computed all the time was kept from it.

    Args:
        busy_s: Time that it had the processor (`time.thread_time`).
        elapsed_s: Time that went by.
    """
    return _CAN_TELL and busy_s < LEAST_SHARE * elapsed_s


def repeat(
    take: Callable[[], Repeat | None], unit: Unit, source: str, most_s: float = MOST_S
) -> Measured:
    """Return the median of undisturbed repeats, with the smallest and the largest as its range.

    Args:
        take: Measures once; None when it cannot any more.
        unit: Of the values.
        source: How they are measured.
        most_s: When to be content with fewer than are wanted, in seconds.
    """
    taken: list[Repeat] = []
    began = time.monotonic()
    while len(taken) < MIN_REPEATS or (
        sum(not one.is_disturbed for one in taken) < WANTED and time.monotonic() - began < most_s
    ):
        found = take()
        if found is None:
            break
        taken.append(found)
    good = [one.value for one in taken if not one.is_disturbed]
    if len(good) < MIN_REPEATS:
        source += "; the machine was too busy to be measured well"
        return summarize([one.value for one in taken], unit, source)
    left_out = len(taken) - len(good)
    also = f", {left_out} disturbed ones left out" if left_out else ""
    return summarize(good, unit, source, also)


def summarize(values: Sequence[float], unit: Unit, source: str, also: str = "") -> Measured:
    """Return the median of repeats, with the smallest and the largest as its range.

    Args:
        values: At least three.
        unit: Of all of them.
        source: How they were measured.
        also: What else to say of the repeats.
    """
    if len(values) < MIN_REPEATS:
        raise ValueError(f"{len(values)} repeats are too few to tell a range")
    return Measured(
        value=statistics.median(values),
        low=min(values),
        high=max(values),
        unit=unit,
        how="measured",
        source=f"{source}; median of {len(values)}{also}",
    )
