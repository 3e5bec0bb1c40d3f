"""Entry of the worker process.

Order of life: Load arrives -> files are shut off -> weights and context -> first decode, which
starts the engine's threads -> system calls are shut off -> Ready -> requests -> Stop.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

from hearth.children import tie_to_parent
from hearth.engine import messages as wire
from hearth.engine.frames import read_frame
from hearth.engine.worker.loading import load
from hearth.engine.worker.outbox import CROWDED, FREE, Outbox, Pace
from hearth.engine.worker.service import Service
from hearth.errors import HearthError


def main() -> int:
    """Load what the first frame says, then serve."""
    tie_to_parent()
    source, target = _take_over_pipes()
    body = read_frame(source)
    if body is None:
        return 0
    message = wire.to_worker_decoder().decode(body)
    if not isinstance(message, wire.Load):
        return 2
    outbox = Outbox(target, _pace(message.threads))
    try:
        loaded = load(message, on_progress=lambda part: outbox.send(wire.Progress(part)))
    except HearthError as error:
        outbox.send(wire.Failed(0, error.as_data()))
        return 1
    outbox.send(loaded.ready)
    status = Service(loaded, source, outbox, _prefix_pipes(message)).run()
    # Native destructors run threads down in an order that is not ours; the memory goes back to
    # the system with the process, so leave at once.
    sys.stderr.flush()
    os._exit(status)


def _prefix_pipes(message: wire.Load) -> tuple[BinaryIO, BinaryIO] | None:
    if message.prefix_pipes is None:
        return None
    source, target = message.prefix_pipes
    return os.fdopen(source, "rb"), os.fdopen(target, "wb")


def _pace(threads: int) -> Pace:
    """Return how often text is sent; called before the engine binds its threads to cores."""
    allowed = os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)
    return CROWDED if threads >= len(allowed) else FREE


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes to ourselves: whatever prints to stdout lands in the log instead."""
    source = os.fdopen(os.dup(0), "rb")
    target = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return source, target


if __name__ == "__main__":
    sys.exit(main())
