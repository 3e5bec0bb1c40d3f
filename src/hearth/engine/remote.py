"""The engine in a running server: the same door as `LocalEngine`, over HTTP.

Closing a generator closes its connection, which is how the server learns that it may stop.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from hearth.core import (
    GenerateEvent,
    GenerateRequest,
    LoadOptions,
    Message,
    ModelStatus,
    RenderedPrompt,
    Token,
    TokenChoice,
)
from hearth.engine.client import ProgressCallback
from hearth.engine.wire import Line, event_of, read_line
from hearth.errors import HearthError, InvalidRequest, ServerError

T = TypeVar("T")

CONNECT_TIMEOUT_S = 5.0


class RemoteEngine:
    """The engine of the server at `url`.

    Args:
        url: Base address of the server, such as `http://127.0.0.1:11711`.
        api_key: Key to send, if the server asks for one.
    """

    def __init__(self, url: str, api_key: str | None = None) -> None:
        headers = {"content-type": "application/json"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        self.url = url
        self._client = httpx.AsyncClient(
            base_url=url,
            headers=headers,
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=None),
            trust_env=False,  # a proxy for the internet has no business between the two
        )

    async def load(
        self,
        model: str,
        options: LoadOptions | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> ModelStatus:
        """Load a model on the server; see `Engine.load`."""
        async with aclosing(
            self._lines("/hearth/load", {"model": model, "options": options})
        ) as lines:
            async for line in lines:
                if line.progress is not None and on_progress is not None:
                    on_progress(line.progress)
                if line.status is not None:
                    return line.status
        raise ServerError(f"The server at {self.url} stopped answering during the load.")

    async def unload(self, model: str) -> None:
        """Unload a model on the server; see `Engine.unload`."""
        await self._post("/hearth/unload", {"model": model}, dict[str, Any])

    async def status(self) -> list[ModelStatus]:
        """Return the models in the server's memory; see `Engine.status`."""
        async with self._reaching():
            response = await self._client.get("/hearth/models")
        return _read(response, dict[str, list[ModelStatus]])["models"]

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[GenerateEvent, None]:
        """Answer a request on the server; see `Engine.generate`."""
        async with aclosing(self._lines("/hearth/generate", request)) as lines:
            async for line in lines:
                yield event_of(line)
                if line.finished is not None:
                    return
        raise ServerError(f"The server at {self.url} stopped in the middle of an answer.")

    async def render(
        self, model: str, messages: Sequence[Message], continue_with: str = ""
    ) -> RenderedPrompt:
        """Return the exact prompt for a conversation; see `Engine.render`."""
        body = {"model": model, "messages": list(messages), "continue_with": continue_with}
        return await self._post("/hearth/render", body, RenderedPrompt)

    async def tokenize(
        self, model: str, text: str, *, add_special: bool = False, parse_special: bool = True
    ) -> list[Token]:
        """Split text into tokens; see `Engine.tokenize`."""
        body = {
            "model": model,
            "text": text,
            "add_special": add_special,
            "parse_special": parse_special,
        }
        return (await self._post("/hearth/tokenize", body, dict[str, list[Token]]))["tokens"]

    async def detokenize(self, model: str, token_ids: Sequence[int]) -> str:
        """Join token ids to text; see `Engine.detokenize`."""
        body = {"model": model, "token_ids": list(token_ids)}
        return (await self._post("/hearth/detokenize", body, dict[str, str]))["text"]

    async def next_tokens(self, model: str, prompt: str, top: int = 10) -> list[TokenChoice]:
        """Return the most likely next tokens; see `Engine.next_tokens`."""
        body = {"model": model, "prompt": prompt, "top": top}
        return (await self._post("/hearth/next", body, dict[str, list[TokenChoice]]))["choices"]

    async def close(self) -> None:
        """Close the connections; the server and its models go on."""
        await self._client.aclose()

    async def _post(self, path: str, body: Mapping[str, Any], result: type[T]) -> T:
        async with self._reaching():
            response = await self._client.post(path, content=_encode(body))
        return _read(response, result)

    async def _lines(self, path: str, body: object) -> AsyncGenerator[Line, None]:
        asked = self._client.stream("POST", path, content=_encode(body))
        async with self._reaching(), asked as response:
            if response.status_code != 200:
                await response.aread()
                raise _error_of(response)
            async for data in _split_lines(response.aiter_raw()):
                yield read_line(data)

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise ServerError(
                f"The server at {self.url} cannot be reached: {error or type(error).__name__}.",
                hint="`hearth ps` shows whether it runs; `hearth up` starts it.",
            ) from error


def _encode(body: object) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            "The text contains a lone surrogate, which is not valid Unicode."
        ) from error


async def _split_lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    waiting = b""
    async for chunk in chunks:
        *lines, waiting = (waiting + chunk).split(b"\n")
        for line in lines:
            yield line


def _read(response: httpx.Response, result: type[T]) -> T:
    if response.status_code != 200:
        raise _error_of(response)
    try:
        return msgspec.json.decode(response.content, type=result)
    except msgspec.DecodeError as error:
        raise ServerError(f"The server at {response.url} sent no answer of Hearth's.") from error


def _error_of(response: httpx.Response) -> HearthError:
    try:
        content = msgspec.json.decode(response.content, type=dict[str, dict[str, Any]])
        return HearthError.from_data(content["error"])
    except (msgspec.DecodeError, KeyError):
        return ServerError(
            f"The server at {response.url} answered with status {response.status_code} "
            "and is not a Hearth server of this version."
        )
