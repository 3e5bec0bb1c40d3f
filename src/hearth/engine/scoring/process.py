"""The parent's side of a scoring child: start it, ask it, notice its death, end it.

One question at a time, one answer each. There is no deadline for an answer, since a large model
may rightly take minutes for a long text; whoever asked can give up at any moment, which ends the
child.
"""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from hearth.children import child_command, child_environment
from hearth.engine.children import ENGINE_VARIABLES
from hearth.engine.frames import read_frame
from hearth.engine.scoring import messages as wire
from hearth.errors import (
    EngineCrashed,
    EngineError,
    EngineTimeout,
    HearthError,
    InvalidRequest,
    RequestAborted,
)

LOOK_EVERY_S = 0.2  # whether to give up
LAST_WORDS_BYTES = 2000

T = TypeVar("T", bound=wire.Frame)


class ScoringProcess:
    """One child with its models.

    Args:
        log_path: File that receives what the child writes to stderr.
        cancelled: Set to give up; a running question then raises RequestAborted.
    """

    def __init__(self, log_path: Path, cancelled: threading.Event | None = None) -> None:
        self._cancelled = cancelled or threading.Event()
        self._log_path = log_path
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            self._child = subprocess.Popen(
                child_command("hearth.engine.scoring"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=child_environment(**ENGINE_VARIABLES),
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, name="scoring", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def load(self, message: wire.Load, *, timeout_s: float) -> wire.Ready:
        """Load models.

        Raises:
            EngineTimeout: They were not ready in time.
            EngineCrashed: The child died.
            HearthError: It refused a model; the reason is the child's.
        """
        try:
            return _expect(self.ask(message, timeout_s=timeout_s), wire.Ready)
        except EngineTimeout as error:
            names = " and ".join(Path(model.files[0]).name for model in message.models)
            raise EngineTimeout(
                f"{names} was not loaded within {timeout_s:g} s.",
                hint="Raise the setting `load_timeout_s`.",
            ) from error

    def numbers(self, message: wire.ToChild) -> list[bytes]:
        """Ask for figures."""
        return _expect(self.ask(message), wire.Numbers).arrays

    def tokens(self, message: wire.ToChild) -> list[int]:
        """Ask for tokens."""
        return _expect(self.ask(message), wire.Tokens).ids

    def pieces(self, message: wire.Pieces) -> list[bytes]:
        """Ask for the bytes of tokens."""
        return _expect(self.ask(message), wire.PieceBytes).pieces

    def prove(self) -> wire.Proved:
        """Ask what confinement is worth."""
        return _expect(self.ask(wire.Prove()), wire.Proved)

    def ask(self, message: wire.ToChild, *, timeout_s: float | None = None) -> wire.FromChild:
        """Send a question and wait for its answer.

        Raises:
            RequestAborted: Whoever asked gave up; the child is ended.
            EngineTimeout: There was no answer in time; the child is ended.
            EngineCrashed: The child died.
            InvalidRequest: The question is longer than a frame may be, or not valid Unicode.
            HearthError: The child refused it.
        """
        try:
            frame = wire.encode(message)
        except ValueError as error:
            raise InvalidRequest(f"The text cannot be scored: {error}.") from error
        assert self._child.stdin is not None, "started with a pipe"
        try:
            self._child.stdin.write(frame)
            self._child.stdin.flush()
        except (BrokenPipeError, ValueError):  # it died, or was closed
            raise self._death() from None
        reply = wire.decode_reply(self._wait(timeout_s))
        if isinstance(reply, wire.Failed):
            raise HearthError.from_data(reply.error)
        return reply

    def close(self) -> None:
        """End the child; a no-op when it was done before."""
        self._child.kill()
        self._child.wait()
        self._reader.join()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None, "started with pipes"
            try:
                pipe.close()
            except BrokenPipeError:  # it held the rest of a question that nobody will read
                continue

    def _wait(self, timeout_s: float | None) -> bytes:
        ends_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            try:
                payload = self._replies.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                if self._cancelled.is_set():
                    self.close()
                    raise RequestAborted("The scoring was stopped.") from None
                if ends_s is not None and time.monotonic() > ends_s:
                    self.close()
                    raise EngineTimeout(f"No answer within {timeout_s:g} s.") from None
                continue
            if payload is None:
                raise self._death()
            return payload

    def _read(self) -> None:
        """Hand over what the child says, and None when it says no more."""
        stdout = cast(BinaryIO, self._child.stdout)
        try:
            while (payload := read_frame(stdout)) is not None:
                self._replies.put(payload)
        except ValueError:  # a frame that makes no sense
            self._child.kill()
        self._replies.put(None)

    def _death(self) -> EngineCrashed:
        self._replies.put(None)  # whoever asks again is told so again
        code = self._child.wait()
        lines = self._log_path.read_bytes()[-LAST_WORDS_BYTES:].decode(errors="replace").split("\n")
        last = next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
        words = f" It last said: {last}" if last else ""
        return EngineCrashed(f"The scoring process ended with status {code}.{words}")


def _expect(reply: wire.FromChild, kind: type[T]) -> T:
    if not isinstance(reply, kind):
        raise EngineError(f"The scoring process sent {type(reply).__name__}.")
    return reply
