"""A client that times a completions endpoint and costs next to nothing itself.

On a small machine the client runs on the engine's own cores, so it reads Server-Sent Events from
a plain socket, takes the time of each, and parses them when the answer has ended.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LINE_BYTES = 1 << 22  # most bytes of one event
FLOWING_PIECES = 4  # an answer that has come so far is well on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer as the client saw it.

    Args:
        stamps: Seconds from sending the request to each piece of text, and to the end.
        prompt_tokens: As the server counted them, as all tokens here.
        cached_tokens: Of the prompt, not computed.
        drafted_tokens: Guesses that were computed along; `accepted_tokens` of them were right.
        granted_s: The longest that a step of this prompt might keep others waiting.
        text: What was answered.
    """

    stamps: tuple[float, ...]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    granted_s: float = 0.0
    text: str = ""

    @property
    def first_s(self) -> float:
        """Time to the first piece of text."""
        return self.stamps[0]

    @property
    def last_s(self) -> float:
        """Time to the end."""
        return self.stamps[-1]

    @property
    def prefilled_tokens(self) -> int:
        """Tokens of the prompt that were computed."""
        return self.prompt_tokens - self.cached_tokens

    @property
    def tokens_per_s(self) -> float:
        """Speed from the first piece of text to the end."""
        return (self.completion_tokens - 1) / (self.last_s - self.first_s)


class Stream:
    """An answer that is being read; `stamps` grows meanwhile, and `flows` is set soon.

    Where it ends before, or breaks off, `flows` is set at its end: nobody waits in vain.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.began = time.perf_counter()
        self.stamps: list[float] = []
        self.flows = asyncio.Event()
        self._events: list[bytes] = []

    async def read(self) -> Answer:
        """Read to the end.

        Raises:
            RuntimeError: The server answers with an error.
        """
        try:
            await self._read_events()
        finally:
            self.flows.set()
            self.close()
        return parse(self.stamps, (json.loads(event[6:]) for event in self._events))

    async def _read_events(self) -> None:
        async for line in self._reader:
            if line.startswith(b"data: {"):
                self._events.append(line)
                if b'"choices":[]' not in line:
                    self.stamps.append(time.perf_counter() - self.began)
                    if len(self.stamps) == FLOWING_PIECES:
                        self.flows.set()
            elif line.startswith(b"data: [DONE]"):
                break
            elif line.startswith(b"HTTP/") and b" 200 " not in line:
                raise RuntimeError((line + await self._reader.read(2000)).decode())

    def close(self) -> None:
        """Close the connection; an answer that has not ended is given up by the server."""
        self._writer.close()


def parse(stamps: Iterable[float], events: Iterable[dict[str, Any]]) -> Answer:
    """Return an answer from its events: those of OpenAI, with what Hearth or llama-server adds."""
    text: list[str] = []
    usage: dict[str, Any] = {}
    own: dict[str, Any] = {}
    times: dict[str, Any] = {}
    for event in events:
        usage = event.get("usage") or usage
        timings = event.get("timings") or {}  # llama-server's
        if timings:
            own = {
                "cached_tokens": timings.get("cache_n", 0),
                "drafted_tokens": timings.get("draft_n", 0),
                "accepted_tokens": timings.get("draft_n_accepted", 0),
            }
        for choice in event["choices"]:
            text.append(choice.get("text") or "")
            told = choice.get("hearth", {})
            own, times = told.get("usage", own), told.get("timings", times)
    details = usage.get("prompt_tokens_details") or {}
    return Answer(
        stamps=tuple(stamps),
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        cached_tokens=own.get("cached_tokens", details.get("cached_tokens", 0)),
        drafted_tokens=own.get("drafted_tokens", 0),
        accepted_tokens=own.get("accepted_tokens", 0),
        granted_s=times.get("step_granted_s", 0.0),
        text="".join(text),
    )


class Client:
    """Speaks `/v1/completions` of an OpenAI-compatible server.

    Args:
        url: Its address.
        model: The model's name there.
        api_key: Sent with each request.
        extra: Fields of each request besides OpenAI's.
    """

    def __init__(
        self, url: str, model: str, api_key: str | None = None, extra: dict[str, Any] | None = None
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path = parts.path.rstrip("/") + "/v1/completions"
        self._model, self._api_key, self._extra = model, api_key, extra or {}

    async def open(self, prompt: str, num_tokens: int, **fields: Any) -> Stream:
        """Send a request; its answer is to be read."""
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=LINE_BYTES)
        stream = Stream(reader, writer)
        writer.write(self._request(prompt, num_tokens, fields))
        return stream

    async def read(self, prompt: str, num_tokens: int, **fields: Any) -> Answer:
        """Send a request and read its answer."""
        stream = await self.open(prompt, num_tokens, **fields)
        try:
            return await stream.read()
        finally:
            stream.close()

    def answer(self, prompt: str, num_tokens: int, **fields: Any) -> Answer:
        """Return the answer to one prompt."""
        return asyncio.run(self.read(prompt, num_tokens, **fields))

    def answers(self, prompts: list[str], num_tokens: int, **fields: Any) -> list[Answer]:
        """Return the answers to prompts that are sent at once."""

        async def everyone() -> list[Answer]:
            return await asyncio.gather(*(self.read(p, num_tokens, **fields) for p in prompts))

        return asyncio.run(everyone())

    def _request(self, prompt: str, num_tokens: int, fields: dict[str, Any]) -> bytes:
        content = {
            "model": self._model,
            "prompt": prompt,
            "max_tokens": num_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            **self._extra,
            **fields,
        }
        body = json.dumps(content).encode()
        key = f"Authorization: Bearer {self._api_key}\r\n" if self._api_key else ""
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Content-Type: application/json\r\n{key}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body
