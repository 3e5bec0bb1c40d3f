"""One thread that writes to the ledger, behind a bounded queue.

Whoever hands something in never waits and never fails: where too much waits already it is dropped,
and what goes wrong is logged, once. What was handed in is written within moments; only that is
lost when the process is killed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from hearth.config import Config
from hearth.errors import HearthError

if TYPE_CHECKING:  # loading a model should not wait for what only the thread needs
    from hearth.store.database import Database
    from hearth.store.predictions import Predictions

MAX_WAITING = 64
CLOSE_S = 5.0  # after that, what still waits is dropped

Job = Callable[["Predictions"], None]

logger = logging.getLogger(__name__)


class LedgerWriter:
    """Writes in the order in which things were handed in. Safe to use from several threads.

    Args:
        config: Names the database, which is opened at the first need.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)
        self._closing_at_s = float("inf")
        self._database: Database | None = None
        self._has_failed = False

    def submit(self, job: Job) -> bool:
        """Hand a job in; False where too many wait, and it was dropped."""
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            done = self._thread.submit(self._run, job)
        except RuntimeError:  # it is closed
            self._waiting.release()
            return False
        done.add_done_callback(self._after)
        return True

    def close(self) -> None:
        """Write what waits, within some seconds, and close the database."""
        self._closing_at_s = time.monotonic() + CLOSE_S
        self._thread.shutdown()
        if self._database is not None:
            self._database.close()
            self._database = None

    def _run(self, job: Job) -> None:
        if time.monotonic() > self._closing_at_s:
            return
        from hearth.store.database import open_database
        from hearth.store.predictions import Predictions

        if self._database is None:
            self._database = open_database(self._config)
        job(Predictions(self._database))

    def _after(self, done: Future[None]) -> None:
        self._waiting.release()
        failure = done.exception()
        if failure is None or self._has_failed:
            return
        self._has_failed = True
        if isinstance(failure, HearthError):
            logger.warning("predictions are not checked against what comes out: %s", failure)
        else:
            logger.error("a prediction could not be checked", exc_info=failure)
