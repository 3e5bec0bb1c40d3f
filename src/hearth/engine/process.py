"""The parent's side of a worker: start, talk, notice its death, stop.

One pipe leads in each direction. One task reads what the worker sends and hands each message to
whoever waits for it. If the pipe ends, everybody who waits gets `EngineCrashed` with the worker's
last words.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from hearth.engine import messages as wire
from hearth.engine.cancelling import to_the_end
from hearth.engine.children import end_child, start_child
from hearth.engine.frames import receive_frame
from hearth.errors import (
    EngineCrashed,
    EngineError,
    EngineTimeout,
    HearthError,
    ModelFileChanged,
    RequestAborted,
)

CALL_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
LAST_WORDS_BYTES = 2000

Inbox = asyncio.Queue[wire.FromWorker | HearthError]


class WorkerProcess:
    """One worker process.

    Args:
        log_path: File that receives what the worker writes to stderr.
        on_exit: Called once when the process has ended, wanted or not.
        inherited: Descriptors that the process gets besides its own pipes.
    """

    def __init__(
        self,
        log_path: Path,
        on_exit: Callable[[], None] | None = None,
        *,
        inherited: Sequence[int] = (),
    ) -> None:
        self._log_path = log_path
        self._on_exit = on_exit
        self._inherited = inherited
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._inboxes: dict[int, Inbox] = {}
        self._ids = itertools.count(1)
        self._progress: Callable[[float], None] | None = None
        self._stopping = False
        self.loading_s = 0.0  # from the start of the process to a model that is ready

    @property
    def pid(self) -> int | None:
        """Process id, or None before the start."""
        return self._process.pid if self._process else None

    @property
    def is_alive(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def is_busy(self) -> bool:
        """True while somebody waits for something."""
        return bool(self._inboxes)

    async def start(
        self, load: wire.Load, *, timeout_s: float, on_progress: Callable[[float], None]
    ) -> wire.Ready:
        """Start the process and load the model.

        Raises:
            EngineTimeout: It was not ready within `timeout_s`.
            EngineCrashed: It died while loading.
            HearthError: It refused the model; the reason is the worker's.
        """
        began_s = time.monotonic()
        self._progress = on_progress
        inbox = self._inboxes.setdefault(0, asyncio.Queue())
        self._process = await self._spawn()
        self._reader = asyncio.create_task(self._read(), name=f"worker-{self.pid}")
        try:
            await self._send(load)
            async with asyncio.timeout(timeout_s):
                answer = await inbox.get()
            if self._stopping:
                raise self._death()
        except TimeoutError as error:
            await self.kill()
            raise EngineTimeout(
                f"{Path(load.path).name} was not loaded within {timeout_s:g} s.",
                hint="Raise the setting `load_timeout_s`.",
            ) from error
        except BaseException:  # also a cancelled load leaves no process behind
            await self.kill()
            raise
        finally:
            self._inboxes.pop(0, None)
        if isinstance(answer, wire.Ready):
            self.loading_s = time.monotonic() - began_s
            return answer
        await self.kill()
        raise _as_error(answer)

    async def generate(
        self, submit: Callable[[int], wire.Submit]
    ) -> AsyncGenerator[wire.Growth | wire.Done, None]:
        """Run a request; closing the generator aborts it.

        Args:
            submit: Makes the message, given the request's id.
        """
        request_id = next(self._ids)
        inbox = self._inboxes.setdefault(request_id, asyncio.Queue())
        ended = False
        try:
            await self._send(submit(request_id))
            while True:
                message = await inbox.get()
                if not isinstance(message, wire.Growth):
                    ended = True
                if not isinstance(message, wire.Growth | wire.Done):
                    raise _as_error(message)
                yield message
                if ended:
                    return
        finally:
            self._inboxes.pop(request_id, None)
            if not ended and self.is_alive:
                self._write(wire.Abort(request_id))

    async def call(
        self, make: Callable[[int], wire.Frame], *, timeout_s: float = CALL_TIMEOUT_S
    ) -> wire.Answer:
        """Send a message that is answered at once.

        Raises:
            EngineTimeout: No answer came in time; the worker hangs.
        """
        call_id = next(self._ids)
        inbox = self._inboxes.setdefault(call_id, asyncio.Queue())
        try:
            await self._send(make(call_id))
            async with asyncio.timeout(timeout_s):
                answer = await inbox.get()
        except TimeoutError as error:
            raise EngineTimeout(f"The worker gave no answer within {timeout_s:g} s.") from error
        finally:
            self._inboxes.pop(call_id, None)
        if isinstance(answer, wire.Answer):
            return answer
        raise _as_error(answer)

    async def stop(self) -> None:
        """Ask the worker to end, and end it if it does not; also one that is being started."""
        self._stopping = True
        await to_the_end(self._stop())

    async def kill(self) -> None:
        """End the process at once and wait until it is gone."""
        if self._process is None:
            return
        await end_child(self._process)
        if self._reader is not None:
            await asyncio.wait([self._reader])

    # -- below the surface --

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self._log_path.open("ab") as log:
            return await start_child("hearth.engine.worker", errors=log, inherited=self._inherited)

    async def _stop(self) -> None:
        if self.is_alive and self._process is not None:
            self._write(wire.Stop())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await self._process.wait()
        await self.kill()

    def _write(self, message: wire.Frame) -> None:
        if self._process is None or self._process.stdin is None:
            raise EngineError("The worker was not started.")
        self._process.stdin.write(wire.encode(message))

    async def _send(self, message: wire.Frame) -> None:
        if self._stopping or not self.is_alive:
            raise self._death()
        self._write(message)
        try:
            assert self._process is not None, "sent after start"
            assert self._process.stdin is not None, "started with a pipe"
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise self._death() from error

    async def _read(self) -> None:
        assert self._process is not None, "read after start"
        assert self._process.stdout is not None, "started with a pipe"
        stream, decoder = self._process.stdout, wire.from_worker_decoder()
        try:
            while True:
                self._dispatch(decoder.decode(await receive_frame(stream)))
        except (EOFError, ConnectionError):
            pass  # the pipe ended: the process is dead or dying
        except ValueError:  # also msgspec's errors
            if self._process.returncode is None:
                self._process.kill()  # what it says makes no sense
        await self._process.wait()
        death = self._death()
        for inbox in self._inboxes.values():
            inbox.put_nowait(death)
        if self._on_exit is not None:
            self._on_exit()

    def _dispatch(self, message: wire.FromWorker) -> None:
        if isinstance(message, wire.Progress):
            if self._progress is not None:
                self._progress(message.part)
            return
        if isinstance(message, wire.Ready):
            key = 0
        elif isinstance(message, wire.Answer):
            key = message.call_id
        else:
            key = message.request_id
        inbox = self._inboxes.get(key)
        if inbox is not None:
            inbox.put_nowait(message)

    def _death(self) -> HearthError:
        if self._stopping:
            return RequestAborted("The model was unloaded.")
        code = self._process.returncode if self._process else None
        if code == -getattr(signal, "SIGBUS", 0):
            return ModelFileChanged(
                "The worker read weights that are no longer in its file.",
                hint="The file was cut or replaced while it was in use; load the model again.",
            )
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return EngineCrashed(
                    f"The worker was ended by {signal.Signals(-code).name}.{self._last_words()}",
                    hint="Ask again: a fresh worker is started. If it ends too: `hearth doctor`.",
                )
        return EngineCrashed(
            f"The worker ended with status {code}.{self._last_words()}",
            hint=f"Ask again: a fresh worker is started. Its log is {self._log_path}.",
        )

    def _last_words(self) -> str:
        """Return the last line of the worker's log that is not empty."""
        try:
            with self._log_path.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - LAST_WORDS_BYTES))
                lines = log.read().decode("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        return f" It last said: {lines[-1].strip()[:300]}" if lines else ""


def _as_error(message: wire.FromWorker | HearthError) -> HearthError:
    if isinstance(message, HearthError):
        return message
    if isinstance(message, wire.Failed):
        return HearthError.from_data(message.error)
    if isinstance(message, wire.Aborted):
        return RequestAborted("The request was given up.")
    return EngineError(f"The worker sent {type(message).__name__}, which was not expected.")
