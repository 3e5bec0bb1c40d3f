"""The worker's end of the way to its blocks on disk: two threads, so that computing never waits.

One sends: questions first, then blocks to keep, one of them at most. The other takes in what comes.
If the way breaks, the worker goes on without it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from hearth.engine.prefixes.channel import (
    Busy,
    FromKeeper,
    Full,
    Keep,
    Opened,
    Want,
    receive_from_keeper,
    send,
)
from hearth.engine.worker.block_store import State

CLOSE_S = 2.0


class PrefixLink:
    """Talks to the keeper of this worker's blocks.

    Args:
        source: What the keeper says.
        target: What the keeper is told.
        wake: Called when something has come, or there is room to say more.
    """

    def __init__(self, source: BinaryIO, target: BinaryIO, wake: Callable[[], None]) -> None:
        self._source = source
        self._target = target
        self._wake = wake
        self._changed = threading.Condition()
        self._wants: deque[Want] = deque()
        self._keep: tuple[Keep, State] | None = None
        self._is_ending = False
        self._sender = threading.Thread(target=self._send, name="prefix-sender", daemon=True)
        self.arrived: deque[tuple[FromKeeper, bytearray]] = deque()
        self.is_pending = True  # nobody knows yet whether it opens soon
        self.is_open = False
        self.is_full = False

    def start(self) -> None:
        """Begin to talk."""
        threading.Thread(target=self._take_in, name="prefix-intake", daemon=True).start()
        self._sender.start()

    @property
    def takes_blocks(self) -> bool:
        """True when a block can be handed over at once."""
        return self.is_open and not self.is_full and self._keep is None

    def want(self, question: Want) -> None:
        """Ask for blocks."""
        with self._changed:
            self._wants.append(question)
            self._changed.notify_all()

    def keep(self, message: Keep, state: State) -> None:
        """Hand a block over; only while `takes_blocks`."""
        with self._changed:
            self._keep = message, state
            self._changed.notify_all()

    def wait_for_room(self, timeout_s: float) -> bool:
        """Wait until a block can be handed over; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._keep is None, timeout_s)

    def close(self) -> None:
        """Say what is left to say, within some seconds."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        self._sender.join(CLOSE_S)

    def _send(self) -> None:
        try:
            while (said := self._next()) is not None:
                send(self._target, *said)
                self._note_sent(said[0])
        except (OSError, ValueError):  # the keeper is gone, or the block is too large for a frame
            self._break()
        finally:
            with suppress(OSError):  # what was not sent has nobody to read it
                self._target.close()

    def _next(self) -> tuple[Want | Keep, memoryview | None] | None:
        """Wait for what is to be said; None when that was all."""
        with self._changed:
            self._changed.wait_for(lambda: self._wants or self._keep or self._is_ending)
            if self._wants:
                return self._wants.popleft(), None
            if self._keep is not None:
                message, state = self._keep
                return message, state.data
            return None

    def _note_sent(self, message: Want | Keep) -> None:
        if isinstance(message, Keep):
            with self._changed:
                self._keep = None
                self._changed.notify_all()
            self._wake()

    def _take_in(self) -> None:
        try:
            while (received := receive_from_keeper(self._source)) is not None:
                self._note(*received)
                self._wake()
        except (OSError, ValueError):
            pass  # it is as if the keeper had gone
        finally:
            self._source.close()
            self._break()
            self._wake()

    def _note(self, message: FromKeeper, state: bytearray) -> None:
        if isinstance(message, Opened):
            self.is_open, self.is_pending = True, False
        elif isinstance(message, Busy):
            self.is_pending = False
        elif isinstance(message, Full):
            self.is_full = True
        else:
            self.arrived.append((message, state))

    def _break(self) -> None:
        with self._changed:
            self.is_open, self.is_pending, self._keep = False, False, None
            self._changed.notify_all()
