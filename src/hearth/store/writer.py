"""Which process writes an answer, so that another can tell whether it still does.

A process is known by its host, its number and its time of start; the number alone is used again
after a restart of the machine.
"""

from __future__ import annotations

import socket
from datetime import timedelta

import psutil

# Two processes may compute one start time a little differently, from the clock of the machine.
START_TOLERANCE_S = 2.0
# A writer on another machine cannot be looked at; it saves about twice a second while it lives.
SILENCE_OF_THE_DEAD = timedelta(minutes=1)


def this_writer() -> str:
    """Return the name of this process."""
    process = psutil.Process()
    return f"{socket.gethostname()} {process.pid} {process.create_time():.2f}"


def is_writing(writer: str, silent_for: timedelta) -> bool:
    """Tell whether the process that `this_writer` named is alive.

    Args:
        writer: The name.
        silent_for: Time since its last save.
    """
    host, pid, start_s = writer.rsplit(" ", 2)
    if host != socket.gethostname():
        return silent_for < SILENCE_OF_THE_DEAD
    try:
        started_at_s = psutil.Process(int(pid)).create_time()
    except psutil.NoSuchProcess:
        return False
    return abs(started_at_s - float(start_s)) < START_TOLERANCE_S
