"""Servers of other makes over one of our engines, as strict about what they are sent as those are.

Ollama's `/api/chat` and Anthropic's `/v1/messages` stream what an engine says, in their dialects.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from hearth.core import Delta, Finished, GenerateRequest, Message, Role, SamplingParams
from hearth.engine.client import Engine

KEY = "the-key-of-a-test"

Json = dict[str, Any]
Events = AsyncGenerator[Any, None]


def other_servers(engine: Engine) -> FastAPI:
    """Return an app that speaks both dialects; Anthropic's asks for `KEY`."""
    app = FastAPI()

    @app.post("/api/chat")
    async def ollama(request: Request) -> Response:
        body = await request.json()
        if body.keys() != {"model", "messages", "stream", "options"}:
            return JSONResponse({"error": f"unexpected fields: {sorted(body)}"}, 400)
        if body["model"] not in await _names(engine):
            return JSONResponse({"error": f"model '{body['model']}' not found"}, 404)
        events = engine.generate(_request(body, body["options"]["num_predict"]))
        return StreamingResponse(_ollama_lines(events), media_type="application/x-ndjson")

    @app.post("/v1/messages")
    async def anthropic(request: Request) -> Response:
        if request.headers.get("x-api-key") != KEY:
            return _anthropic_error(401, "authentication_error", "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01":
            return _anthropic_error(400, "invalid_request_error", "anthropic-version: missing")
        body = await request.json()
        if "temperature" in body:
            return _anthropic_error(400, "invalid_request_error", "temperature is not taken")
        events = engine.generate(_request(body, body["max_tokens"]))
        return StreamingResponse(_anthropic_events(events), media_type="text/event-stream")

    return app


async def _names(engine: Engine) -> list[str]:
    return getattr(engine, "models", None) or [each.name for each in await engine.status()]


def _request(body: Json, max_tokens: int) -> GenerateRequest:
    messages = [
        Message(role=Role(each["role"]), content=each["content"]) for each in body["messages"]
    ]
    return GenerateRequest(
        model=body["model"],
        messages=tuple(messages),
        max_tokens=max_tokens,
        sampling=SamplingParams(temperature=0.0),
    )


async def _ollama_lines(events: Events) -> AsyncIterator[bytes]:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Delta):
                message = {"role": "assistant", "content": event.text}
                yield _line({"message": message, "done": False})
            elif isinstance(event, Finished):
                message = {"role": "assistant", "content": ""}
                counts = {
                    "prompt_eval_count": event.usage.prompt_tokens,
                    "eval_count": event.usage.completion_tokens,
                }
                yield _line({"message": message, "done": True, **counts})


async def _anthropic_events(events: Events) -> AsyncIterator[bytes]:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Delta):
                delta = {"type": "text_delta", "text": event.text}
                yield _event({"type": "content_block_delta", "index": 0, "delta": delta})
            elif isinstance(event, Finished):
                usage = {"output_tokens": event.usage.completion_tokens}
                yield _event({"type": "message_delta", "delta": {}, "usage": usage})
                yield _event({"type": "message_stop"})
            else:
                usage = {"input_tokens": event.prompt_tokens, "output_tokens": 1}
                yield _event({"type": "message_start", "message": {"usage": usage}})
                yield _event({"type": "ping"})


def _line(data: Json) -> bytes:
    return json.dumps(data).encode() + b"\n"


def _event(data: Json) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def _anthropic_error(status: int, kind: str, message: str) -> JSONResponse:
    return JSONResponse({"type": "error", "error": {"type": kind, "message": message}}, status)
