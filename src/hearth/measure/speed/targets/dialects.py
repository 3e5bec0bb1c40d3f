"""The three dialects in which servers are asked: what is sent, and how a stream is read.

OpenAI      https://platform.openai.com/docs/api-reference/chat/create-chat-completion
Ollama      https://docs.ollama.com/api/chat
Anthropic   https://platform.claude.com/docs/en/api/messages-streaming

Each answer is the reply to one message of a user, at temperature 0. Some servers refuse what
others need; `bodies` lists what to try, the best first. Thoughts count as the answer: they are
written at the same speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hearth.measure.speed.target import Request

ANTHROPIC_VERSION = "2023-06-01"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one line of a stream says.

    Args:
        has_text: Whether it carries a piece of the answer.
        prompt_tokens: So far, as the server counts; None where the line does not say. So too the
            others.
        is_end: Whether nothing comes after it.
        error: What went wrong, in the server's words.
    """

    has_text: bool = False
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    is_end: bool = False
    error: str | None = None


class Dialect(Protocol):
    """How one kind of server is spoken to. `name` is what a person types before `+http://`."""

    name: str
    is_events: bool  # lines are server-sent events, else each is a JSON object

    def url(self, base: str) -> str:
        """Return the address that answers, from the one that a person gave."""
        ...

    def headers(self, key: str | None) -> dict[str, str]:
        """Return what goes with each request."""
        ...

    def bodies(self, model: str, request: Request) -> list[dict[str, Any]]:
        """Return what to ask, in the order in which to try where one is refused."""
        ...

    def read(self, data: Json) -> Event:
        """Return what one object of the stream says."""
        ...


class OpenAi:
    """`/v1/chat/completions`."""

    name = "openai"
    is_events = True

    def url(self, base: str) -> str:
        """Return the address; `/v1` may be part of the base."""
        root = base if base.endswith(("/v1", "/openai")) else f"{base}/v1"
        return f"{root}/chat/completions"

    def headers(self, key: str | None) -> dict[str, str]:
        """Return the key's header."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def bodies(self, model: str, request: Request) -> list[dict[str, Any]]:
        """Return a body for servers that hold to a length, for most, and for OpenAI's newest."""
        base = {
            "model": model,
            "messages": _messages(request),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        usual = {**base, "max_tokens": request.max_tokens, "temperature": 0}
        return [
            {**usual, "ignore_eos": True},
            usual,
            {**base, "max_completion_tokens": request.max_tokens},
        ]

    def read(self, data: Json) -> Event:
        """Read a chunk."""
        if "error" in data:
            return Event(error=_error_words(data["error"]))
        usage = _mapping(data.get("usage"))
        details = _mapping(usage.get("prompt_tokens_details"))
        return Event(
            has_text=any(_has_delta(choice) for choice in _list(data.get("choices"))),
            prompt_tokens=_count(usage.get("prompt_tokens")),
            cached_tokens=_count(details.get("cached_tokens")),
            completion_tokens=_count(usage.get("completion_tokens")),
        )


class Ollama:
    """`/api/chat`."""

    name = "ollama"
    is_events = False

    def url(self, base: str) -> str:
        """Return the address."""
        return f"{base.removesuffix('/api')}/api/chat"

    def headers(self, key: str | None) -> dict[str, str]:
        """Return the key's header, which a proxy before it may want."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def bodies(self, model: str, request: Request) -> list[dict[str, Any]]:
        """Return the body."""
        options = {"num_predict": request.max_tokens, "temperature": 0}
        return [
            {"model": model, "messages": _messages(request), "stream": True, "options": options}
        ]

    def read(self, data: Json) -> Event:
        """Read a line; the last has the counts."""
        if "error" in data:
            return Event(error=_error_words(data["error"]))
        message = _mapping(data.get("message"))
        return Event(
            has_text=bool(message.get("content") or message.get("thinking")),
            prompt_tokens=_count(data.get("prompt_eval_count")),
            completion_tokens=_count(data.get("eval_count")),
            is_end=data.get("done") is True,
        )


class Anthropic:
    """`/v1/messages`."""

    name = "anthropic"
    is_events = True

    def url(self, base: str) -> str:
        """Return the address; `/v1` may be part of the base."""
        return f"{base.removesuffix('/v1')}/v1/messages"

    def headers(self, key: str | None) -> dict[str, str]:
        """Return the version that is spoken, and the key."""
        version = {"anthropic-version": ANTHROPIC_VERSION}
        return {**version, "x-api-key": key} if key else version

    def bodies(self, model: str, request: Request) -> list[dict[str, Any]]:
        """Return the body, and one for models that take no temperature."""
        base = {
            "model": model,
            "messages": _messages(request),
            "max_tokens": request.max_tokens,
            "stream": True,
        }
        return [{**base, "temperature": 0}, base]

    def read(self, data: Json) -> Event:
        """Read an event by its type; those of no interest say nothing."""
        kind = data.get("type")
        if kind == "error":
            return Event(error=_error_words(data.get("error")))
        if kind == "content_block_delta":
            delta = _mapping(data.get("delta"))
            return Event(has_text=bool(delta.get("text") or delta.get("thinking")))
        usage = _mapping(data.get("usage") or _mapping(data.get("message")).get("usage"))
        cached = _count(usage.get("cache_read_input_tokens"))
        fresh = _count(usage.get("input_tokens"))
        return Event(
            prompt_tokens=None if fresh is None else fresh + (cached or 0),
            cached_tokens=cached,
            # At its start a message says 1, whatever will come.
            completion_tokens=_count(usage.get("output_tokens")) if kind != _STARTS else None,
            is_end=kind == "message_stop",
        )


_STARTS = "message_start"
DIALECTS: tuple[Dialect, ...] = (OpenAi(), Ollama(), Anthropic())


def _messages(request: Request) -> list[dict[str, str]]:
    return [{"role": "user", "content": request.prompt}]


def _has_delta(choice: object) -> bool:
    delta = _mapping(_mapping(choice).get("delta"))
    return any(delta.get(name) for name in ("content", "reasoning_content", "reasoning"))


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _error_words(error: object) -> str:
    """Return an error in the server's own words, shortened."""
    words = _mapping(error).get("message", error)
    return str(words)[:300]
