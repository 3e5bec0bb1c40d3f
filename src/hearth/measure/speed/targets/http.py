"""A server that is asked over HTTP, and whose pieces are timed as they arrive."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from hearth.errors import (
    HearthError,
    InvalidRequest,
    ModelNotFound,
    NotAuthorized,
    QueueFull,
    ServerError,
)
from hearth.measure.speed.target import Request, TargetFacts, TimedAnswer
from hearth.measure.speed.targets.dialects import Dialect, Event

CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 600.0  # a long prompt on a slow machine says nothing for minutes
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DATA = b"data:"
_END = b"[DONE]"
_REFUSED = (400, 422)
_PROBE = Request(prompt="Count from one to ten.", max_tokens=2)


class HttpTarget:
    """A server of any of the dialects.

    Args:
        name: As a person typed it.
        base: Its address, without a path of the dialect's own.
        model: What the server calls the model.
        dialect: How it is spoken to.
        key: Sent with each request; None for none.
    """

    def __init__(
        self, *, name: str, base: str, model: str, dialect: Dialect, key: str | None = None
    ) -> None:
        self._name = name
        self._base = base
        self._model = model
        self._dialect = dialect
        self._form = 0  # which of the dialect's bodies this server takes
        self._host = urlsplit(base).hostname or ""
        self._client = httpx.AsyncClient(
            headers={"content-type": "application/json", **dialect.headers(key)},
            timeout=httpx.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=None),
            trust_env=self._host not in LOOPBACK,  # a proxy has no business on this machine
        )

    async def prepare(self) -> TargetFacts:
        """Find a form of request that the server takes; see `Target.prepare`."""
        num_forms = len(self._dialect.bodies(self._model, _PROBE))
        for form in range(num_forms):
            self._form = form
            try:
                await self.answer(_PROBE)
                break
            except InvalidRequest:
                if form == num_forms - 1:
                    raise
        return TargetFacts(
            name=self._name,
            model=self._model,
            dialect=self._dialect.name,
            is_here=self._host in LOOPBACK,
        )

    async def answer(self, request: Request) -> TimedAnswer:
        """Ask, and note when each piece arrives; see `Target.answer`."""
        body = json.dumps(self._dialect.bodies(self._model, request)[self._form]).encode()
        timing = _Timing()
        try:
            asked = self._client.stream("POST", self._dialect.url(self._base), content=body)
            async with asked as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    raise _refusal(response, self._name)
                async for line in _lines(response.aiter_bytes(), timing):
                    if self._take(line, timing):
                        break
        except httpx.TransportError as error:
            raise ServerError(
                f"{self._name} cannot be reached, or went away: {error or type(error).__name__}.",
                hint="Check its address, and that it runs.",
            ) from error
        return timing.answer(self._name)

    async def is_ready(self) -> bool:
        """Return True: what is in a server's memory is its own business."""
        return True

    def _take(self, line: bytes, timing: _Timing) -> bool:
        """Take in one line; return whether it was the last."""
        if self._dialect.is_events:
            if not line.startswith(_DATA):
                return False
            line = line[len(_DATA) :].strip()
            if line == _END:
                return True
        try:
            data = json.loads(line)
        except ValueError as error:
            raise ServerError(
                f"{self._name} sent a line that is no JSON: {line[:80]!r}.",
                hint=f"Does it speak another dialect than {self._dialect.name}? Say which: "
                "openai+http://..., ollama+http://... or anthropic+https://...",
            ) from error
        event = self._dialect.read(data if isinstance(data, Mapping) else {})
        if event.error is not None:
            raise ServerError(f"{self._name} failed within an answer: {event.error}")
        timing.add(event)
        return event.is_end

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


@dataclass(slots=True)
class _Timing:
    """What has come of one answer."""

    began_s: float = field(default_factory=time.perf_counter)
    arrived_s: float = 0.0  # when the bytes came that are being read
    times_s: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        if event.has_text:
            self.times_s.append(self.arrived_s)
        for name in ("prompt_tokens", "cached_tokens", "completion_tokens"):
            count = getattr(event, name)
            if count is not None:
                self.counts[name] = count

    def answer(self, name: str) -> TimedAnswer:
        if not self.times_s:
            raise ServerError(f"{name} sent an answer without any text.")
        pieces = len(self.times_s)
        counted = self.counts.get("completion_tokens")
        return TimedAnswer(
            times_s=tuple(self.times_s),
            first_tokens=None,
            prompt_tokens=self.counts.get("prompt_tokens"),
            cached_tokens=self.counts.get("cached_tokens"),
            completion_tokens=pieces if counted is None else counted,
            is_counted=counted is not None,
        )


async def _lines(chunks: AsyncIterator[bytes], timing: _Timing) -> AsyncIterator[bytes]:
    """Yield the lines that are not empty; those that came together have one time."""
    waiting = b""
    async for chunk in chunks:
        timing.arrived_s = time.perf_counter() - timing.began_s
        *lines, waiting = (waiting + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line.strip()
    if waiting.strip():
        yield waiting.strip()


def _refusal(response: httpx.Response, name: str) -> HearthError:
    """Return the error that a status means, with what the server said of it."""
    said = _words(response)
    status = response.status_code
    words = f"{name} answered with status {status}: {said}"
    if status in (401, 403):
        return NotAuthorized(
            words,
            hint="Name the environment variable that has its key: --key-from VARIABLE.",
        )
    if status == 404:
        return ModelNotFound(
            words, hint="The model's name stands after #: http://127.0.0.1:8080#NAME."
        )
    if status in (429, 503):
        return QueueFull(words)
    if status in _REFUSED:
        return InvalidRequest(words)
    return ServerError(words)


def _words(response: httpx.Response) -> str:
    try:
        data: Any = response.json()
    except ValueError:
        return response.text[:300] or "nothing"
    error = data.get("error", data) if isinstance(data, dict) else data
    if isinstance(error, dict):
        error = error.get("message", error)
    return str(error)[:300]
