"""Contestants on servers elsewhere: asked in the dialect of the server, and read as they answer.

The addresses, keys and headers of the dialects are those of `hearth.measure.speed.targets`; what is
asked here has a conversation and a sampler, and what is read is the text. Settings of the sampler
that are as usual are not sent but left to the server, because some servers refuse them all.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from hearth.core import (
    Delta,
    Finished,
    FinishReason,
    GenerateEvent,
    Message,
    Role,
    SamplingParams,
    Timings,
    Usage,
)
from hearth.errors import HearthError, InvalidRequest, ModelNotFound, NotAuthorized, ServerError
from hearth.measure.speed.targets import ApiKeys
from hearth.measure.speed.targets.dialects import DIALECTS, Dialect
from hearth.store.voted import Contestant

CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 600.0
MAX_ANSWER_CHARS = 1_000_000
_CUT = ("length", "max_tokens")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What one object of a stream says."""

    text: str = ""
    finish: str | None = None
    num_tokens: int | None = None  # of the answer so far
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speech:
    """How a dialect is asked and read; `sampling` names the settings that it knows."""

    body: Callable[[Contestant, Sequence[Message], int], dict[str, Any]]
    read: Callable[[Json], _Piece]
    sampling: tuple[str, ...]


class Servers:
    """Asks servers.

    Args:
        keys: Theirs, by host.
    """

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    async def answer(
        self, contestant: Contestant, messages: Sequence[Message], seed: int
    ) -> AsyncGenerator[GenerateEvent, None]:
        """Stream a contestant's answer; closing this closes the connection.

        Raises:
            HearthError: The server cannot be reached, refuses, or fails within the answer.
        """
        speech, dialect = _SPEECHES[contestant.dialect], _dialect(contestant)
        host = urlsplit(contestant.url or "").hostname or ""
        body = speech.body(contestant, messages, seed)
        timeout = httpx.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        num_chars, num_tokens, finish = 0, 0, None
        async with (
            httpx.AsyncClient(timeout=timeout, headers=dialect.headers(self._keys.of(host))) as web,
            aclosing(_objects(web, dialect.url(contestant.url or ""), body, contestant)) as objects,
        ):
            async for data in objects:
                piece = speech.read(data)
                if piece.error is not None:
                    raise ServerError(f"{contestant.name} failed: {piece.error[:300]}")
                finish = piece.finish or finish
                counted = max(piece.num_tokens or 0, num_tokens + bool(piece.text))
                if piece.text:
                    yield Delta(text=piece.text, num_tokens=counted - num_tokens)
                num_chars, num_tokens = num_chars + len(piece.text), counted
                if num_chars > MAX_ANSWER_CHARS:
                    raise ServerError(f"{contestant.name} does not come to an end.")
        yield Finished(
            reason=FinishReason.LENGTH if finish in _CUT else FinishReason.STOP,
            usage=Usage(prompt_tokens=0, completion_tokens=num_tokens),
            timings=Timings(queue_s=0.0, prompt_s=0.0, decode_s=0.0),
        )


def check_settings(contestant: Contestant) -> None:
    """Refuse sampler settings that the contestant's server does not know.

    Raises:
        InvalidRequest: One was set; nothing is ignored.
    """
    known, usual = _SPEECHES[contestant.dialect].sampling, SamplingParams()
    for name in SamplingParams.__dataclass_fields__:
        is_set = getattr(contestant.sampling, name) != getattr(usual, name)
        if is_set and name not in known:
            raise InvalidRequest(
                f"{name} was set for {contestant.name}; of servers that speak "
                f"{contestant.dialect}, only {', '.join(known)} can be asked.",
                param=name,
            )


async def _objects(
    web: httpx.AsyncClient, url: str, body: Json, contestant: Contestant
) -> AsyncGenerator[Json, None]:
    """Yield the objects of a stream: server-sent events, or one on each line."""
    try:
        async with web.stream("POST", url, json=body) as response:
            if response.status_code != httpx.codes.OK:
                await response.aread()
                raise _refusal(response, contestant)
            async for line in response.aiter_lines():
                text = line.removeprefix("data:").strip()
                if text and text != "[DONE]" and not text.startswith((":", "event:")):
                    yield _decoded(text, contestant)
    except httpx.TransportError as error:
        raise ServerError(
            f"{contestant.name} cannot be reached, or went away: {error or type(error).__name__}.",
            hint="Check its address, and that it runs.",
        ) from error


def _decoded(text: str, contestant: Contestant) -> Json:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ServerError(
            f"{contestant.name} sent a line that is no JSON: {text[:80]!r}.",
            hint="Does it speak another dialect? Say which: openai+http://..., "
            "ollama+http://... or anthropic+https://...",
        ) from error
    return data if isinstance(data, dict) else {}


def _refusal(response: httpx.Response, contestant: Contestant) -> HearthError:
    words = f"{contestant.name} answered with status {response.status_code}: {response.text[:300]}"
    if response.status_code in (401, 403):
        hint = "Name the environment variable that has its key: --key-from VARIABLE."
        return NotAuthorized(words, hint=hint)
    return ModelNotFound(words) if response.status_code == 404 else ServerError(words)


def _dialect(contestant: Contestant) -> Dialect:
    return next(dialect for dialect in DIALECTS if dialect.name == contestant.dialect)


# --- the three dialects -------------------------------------------------------------------------


def _seed(contestant: Contestant, seed: int) -> int:
    own = contestant.sampling.seed
    return (seed if own is None else own) % 2**31  # some servers read it as a signed number


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": each.role.value, "content": each.content} for each in messages]


def _openai_body(contestant: Contestant, messages: Sequence[Message], seed: int) -> dict[str, Any]:
    return {
        "model": contestant.model,
        "messages": _turns(messages),
        "stream": True,
        "max_tokens": contestant.max_tokens,
        "seed": _seed(contestant, seed),
        **_settings(contestant, "openai"),
    }


def _openai_read(data: Json) -> _Piece:
    if "error" in data:
        return _Piece(error=str(data["error"]))
    choices = data.get("choices") or [{}]
    text = (choices[0].get("delta") or {}).get("content")
    tokens = (data.get("usage") or {}).get("completion_tokens")
    return _Piece(text=text or "", finish=choices[0].get("finish_reason"), num_tokens=tokens)


def _ollama_body(contestant: Contestant, messages: Sequence[Message], seed: int) -> dict[str, Any]:
    options = {
        "num_predict": contestant.max_tokens,
        "seed": _seed(contestant, seed),
        **_settings(contestant, "ollama"),
    }
    return {
        "model": contestant.model,
        "messages": _turns(messages),
        "stream": True,
        "options": options,
    }


def _ollama_read(data: Json) -> _Piece:
    if "error" in data:
        return _Piece(error=str(data["error"]))
    text = (data.get("message") or {}).get("content")
    return _Piece(
        text=text or "", finish=data.get("done_reason"), num_tokens=data.get("eval_count")
    )


def _anthropic_body(
    contestant: Contestant, messages: Sequence[Message], seed: int
) -> dict[str, Any]:
    system = "\n\n".join(each.content for each in messages if each.role is Role.SYSTEM)
    turns = _turns([each for each in messages if each.role is not Role.SYSTEM])
    return {
        "model": contestant.model,
        "messages": turns,
        "stream": True,
        "max_tokens": contestant.max_tokens,
        **({"system": system} if system else {}),
        **_settings(contestant, "anthropic"),
    }


def _anthropic_read(data: Json) -> _Piece:
    if data.get("type") == "error":
        return _Piece(error=str(data.get("error")))
    delta = data.get("delta") or {}
    return _Piece(
        text=delta.get("text") or "",
        finish=delta.get("stop_reason"),
        num_tokens=(data.get("usage") or {}).get("output_tokens"),
    )


def _settings(contestant: Contestant, dialect: str) -> dict[str, Any]:
    given, usual = contestant.sampling, SamplingParams()
    names = (name for name in _SPEECHES[dialect].sampling if name != "seed")
    values = {name: getattr(given, name) for name in names}
    return {name: value for name, value in values.items() if value != getattr(usual, name)}


_SPEECHES = {
    "openai": _Speech(
        body=_openai_body, read=_openai_read, sampling=("temperature", "top_p", "seed")
    ),
    "ollama": _Speech(
        body=_ollama_body,
        read=_ollama_read,
        sampling=("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "seed"),
    ),
    "anthropic": _Speech(
        body=_anthropic_body, read=_anthropic_read, sampling=("temperature", "top_k")
    ),
}
