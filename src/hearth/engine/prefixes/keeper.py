"""Does the file work for one worker: a thread that reads its wishes and answers them.

Nothing here runs in the event loop, and nobody waits for it but a request that wants its blocks.
What goes wrong with a file costs time and never an answer. When the disk is full, or broken, blocks
are written no more; that is said once, and what is there is still read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from hearth.engine.prefixes.channel import (
    Busy,
    Found,
    Full,
    Keep,
    Opened,
    Over,
    Pipes,
    Want,
    access_of,
    receive_from_worker,
    send,
)
from hearth.engine.prefixes.shelf import FoundBlock, Shelf
from hearth.errors import HearthError, RequestAborted

PROMPT_S = 0.3  # a request may wait so long for a cache that opens
CLOSE_S = 5.0  # a worker that has ended has nothing to say any more

HASHING = "Its file is being hashed, once; until then no prompt of it is kept on disk."

logger = logging.getLogger(__name__)


class Keeper:
    """Keeps one worker's blocks, and brings them back.

    Args:
        digest: Returns that of the model; called in a thread with what says whether nobody wants it
            any more, since it may have to hash the model.
        open_shelf: Returns the shelf of a digest, and of what the engine calls itself.
        model: What people call the model.
    """

    def __init__(
        self,
        digest: Callable[[Callable[[], bool]], str],
        open_shelf: Callable[[str, str], Shelf],
        model: str,
    ) -> None:
        self.pipes = Pipes()
        self.problem: str | None = None
        self.restored_tokens = 0
        self._digest = digest
        self._open_shelf = open_shelf
        self._hasher = ThreadPoolExecutor(1, thread_name_prefix="prefix-digest")
        self._hashed: Future[str] | None = None
        self._is_hashing = False
        self._model = model
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def notice(self) -> str | None:
        """What a person should know: why nothing is kept (yet), if nothing is."""
        return self.problem or (HASHING if self._is_hashing else None)

    def prepare(self) -> None:
        """Begin to find out the model's digest, while it is loaded."""
        self._hashed = self._hasher.submit(self._digest, self._closing.is_set)

    def start(self, engine: str) -> None:
        """Begin to listen to a worker that is ready, and has its ends of the pipes.

        Args:
            engine: What its engine calls itself.
        """
        if self._hashed is None:
            self.prepare()
        self.pipes.leave_to_worker()
        self._thread = threading.Thread(
            target=self._run, args=(engine,), name="prefix-keeper", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Wait until what the worker said last is done; its process must have ended."""
        self._closing.set()
        self._hasher.shutdown(wait=False)
        if self._thread is None:
            self.pipes.close()
        else:
            self._thread.join(CLOSE_S)

    def _run(self, engine: str) -> None:
        try:
            shelf = self._open_shelf(self._await_digest(), engine)
            send(self.pipes.target, Opened())
            self._is_hashing = False
            self._serve(shelf)
        except (BrokenPipeError, RequestAborted):
            pass  # the worker has ended
        except (HearthError, OSError) as error:
            self._warn(error)
        except ValueError as error:  # also msgspec's errors
            logger.error("the worker of %s is not listened to any more: %s", self._model, error)
        finally:
            self.pipes.close()

    def _await_digest(self) -> str:
        assert self._hashed is not None, "prepared before"
        try:
            return self._hashed.result(PROMPT_S)
        except TimeoutError:
            self._is_hashing = True
            send(self.pipes.target, Busy())
            return self._hashed.result()

    def _serve(self, shelf: Shelf) -> None:
        while (received := receive_from_worker(self.pipes.source)) is not None:
            message, state = received
            if isinstance(message, Want):
                self._bring(shelf, message)
            elif self.problem is None:
                self._keep(shelf, message, memoryview(state))

    def _bring(self, shelf: Shelf, want: Want) -> None:
        blocks = shelf.find(want.tokens, access_of(want), have=want.have, whole=want.whole)
        try:
            for block in _one_ahead(blocks):
                found = Found(want.ticket, block.start, block.tokens, len(block.state))
                send(self.pipes.target, found, block.state)
                self.restored_tokens += len(block.tokens)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._warn(error)
        send(self.pipes.target, Over(want.ticket))

    def _keep(self, shelf: Shelf, keep: Keep, state: memoryview) -> None:
        try:
            shelf.keep(keep.tokens, keep.start, access_of(keep), state, whole=keep.whole)
        except OSError as error:
            self._warn(error)
            send(self.pipes.target, Full())

    def _warn(self, error: Exception) -> None:
        if self.problem is None:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            reason = reason.removesuffix(".")
            self.problem = f"Its prefix cache is not written to the disk any more: {reason}."
            logger.warning("%s: %s", self._model, self.problem)


def _one_ahead(blocks: Iterator[FoundBlock]) -> Iterator[FoundBlock]:
    """Yield blocks while the next one is read: checking takes as long as handing over."""
    with ThreadPoolExecutor(1, thread_name_prefix="prefix-reader") as reader:
        following = reader.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = reader.submit(next, blocks, None)
            yield block
