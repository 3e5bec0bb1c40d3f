"""The parent's side of the process that renders templates: start it, ask it, replace it.

One child per model, one rendering at a time. A child that is late, that dies, or whose caller was
cancelled in mid-answer is ended, and the next rendering starts another: so no answer can ever be
taken for the answer to another question.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import Process
from contextlib import suppress

import msgspec

from hearth.engine.cancelling import to_the_end
from hearth.engine.children import start_child
from hearth.engine.frames import receive_frame
from hearth.engine.templates.messages import (
    UNUSABLE_HINT,
    Failed,
    Ready,
    Render,
    Rendered,
    TemplateLimits,
    encode,
)
from hearth.errors import (
    EngineCrashed,
    EngineTimeout,
    HearthError,
    InvalidRequest,
    TemplateTimeout,
)

START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 1.0


class TemplateProcess:
    """A child process that renders templates within limits; started at the first need."""

    def __init__(self, limits: TemplateLimits) -> None:
        self._limits = limits
        self._child: _Child | None = None
        self._ready: Ready | None = None
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id while it lives."""
        return self._child.pid if self._child and self._child.alive else None

    @property
    def ready(self) -> Ready | None:
        """What the child said of its confinement when it started; None before."""
        return self._ready

    async def render(self, request: Render) -> str:
        """Render one template.

        Raises:
            TemplateTimeout: It ran over a limit; the child has been ended.
            TemplateError: The template failed, refused, or is unsafe.
            InvalidRequest: The conversation is longer than a frame, or not valid Unicode.
            EngineCrashed: The child died; the next call starts another.
            EngineTimeout: The child could not be started in time.
        """
        try:
            frame = encode(request)
        except ValueError as error:
            raise InvalidRequest(
                f"The conversation cannot be rendered: {error}.", param="messages"
            ) from error
        async with self._lock:
            child = await self._ensure_running()
            reply = msgspec.msgpack.decode(await self._ask(child, frame), type=Rendered | Failed)
        if isinstance(reply, Failed):
            raise HearthError.from_data(reply.error)
        return reply.text

    async def close(self) -> None:
        """End the child; a later call would start another."""
        async with self._lock:
            if self._child is not None:
                await self._child.end()
                self._child = None

    async def _ensure_running(self) -> _Child:
        """Return the child, a new one if the last has ended."""
        if self._child is not None and self._child.alive:
            return self._child
        child = self._child = await _Child.start()
        try:
            payload = await child.exchange(encode(self._limits), START_TIMEOUT_S)
        except TimeoutError as error:
            raise EngineTimeout(
                f"The template renderer did not start within {START_TIMEOUT_S:g} s."
            ) from error
        except (EOFError, ConnectionError) as error:
            raise child.cause_of_death() from error
        self._ready = msgspec.msgpack.decode(payload, type=Ready)
        return child

    async def _ask(self, child: _Child, frame: bytes) -> bytes:
        """Return the child's answer; tell being late from dying."""
        try:
            return await child.exchange(frame, self._limits.wall_s)
        except TimeoutError as error:
            raise _late(f"{self._limits.wall_s:g} s") from error
        except (EOFError, ConnectionError) as error:
            if child.died_of_its_alarm:
                raise _late(f"{self._limits.cpu_s:g} s of processor time") from error
            raise child.cause_of_death() from error


class _Child:
    """One running child: frames in and out, and its end."""

    def __init__(self, process: Process, writer: StreamWriter, reader: StreamReader) -> None:
        self._process = process
        self._writer = writer
        self._reader = reader
        self._ending: asyncio.Task[None] | None = None
        self._last_words = ""

    @classmethod
    async def start(cls) -> _Child:
        """Start a child."""
        try:
            process = await start_child("hearth.engine.templates")
        except OSError as error:
            raise EngineCrashed(f"The template renderer cannot be started: {error}.") from error
        if process.stdin is None or process.stdout is None:
            raise EngineCrashed("The template renderer was started without pipes.")
        return cls(process, process.stdin, process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def died_of_its_alarm(self) -> bool:
        """True when the system ended it because its processor time was used up."""
        return sys.platform != "win32" and self._process.returncode == -signal.SIGPROF

    async def exchange(self, frame: bytes, timeout_s: float) -> bytes:
        """Send a frame and return the answer's payload; whatever goes wrong ends the child.

        Raises:
            TimeoutError: There was no whole answer in time.
            EOFError: The child ended before its answer did.
            ConnectionError: The child ended before it took the frame.
            ValueError: The answer is longer than a frame may be.
        """
        try:
            async with asyncio.timeout(timeout_s):
                self._writer.write(frame)
                await self._writer.drain()
                return await receive_frame(self._reader)
        except (EOFError, ConnectionError):
            await self.end()
            raise
        except BaseException:  # also a cancelled caller: the answer would come to nobody
            await self.end(grace_s=0.0)
            raise

    async def end(self, *, grace_s: float = END_TIMEOUT_S) -> None:
        """Close the child's input, at which it ends by itself; kill it if it has not in time.

        Who comes while it ends waits for the same end.
        """
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(grace_s), name="end-of-template")
        await to_the_end(self._ending)

    async def _end(self, grace_s: float) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(grace_s):
                await self._gone()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._gone()

    async def _gone(self) -> None:
        _, errors = await self._process.communicate()
        self._last_words = errors.decode(errors="replace").strip().rpartition("\n")[2][:300]

    def cause_of_death(self) -> EngineCrashed:
        """Say how it ended; its last line on standard error usually knows why."""
        words = f": {self._last_words}" if self._last_words else ""
        return EngineCrashed(
            f"The template renderer ended with status {self._process.returncode}{words}."
        )


def _late(limit: str) -> TemplateTimeout:
    return TemplateTimeout(
        f"The model's chat template was still running after {limit}.", hint=UNUSABLE_HINT
    )
