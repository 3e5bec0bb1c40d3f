"""Hearth's own routes: the whole `Engine` over HTTP, for `RemoteEngine` and for curious people."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hearth.engine.wire import Line, write_event, write_line
from hearth.errors import HearthError
from hearth.serve import native_schema as schema
from hearth.serve.answers import Answer, ByteChunks, WholeAnswer
from hearth.serve.choices import Events
from hearth.serve.reference import body_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.service import Service
from hearth.serve.strict_json import read_json

NDJSON = "application/x-ndjson"


def native_routes(service: Service) -> APIRouter:
    """Return the routes under `/hearth/`."""
    router = APIRouter(prefix=NATIVE_PREFIX.rstrip("/"), tags=["Hearth"])
    _add_model_routes(router, service)
    _add_text_routes(router, service)
    return router


def _add_model_routes(router: APIRouter, service: Service) -> None:
    engine, catalogue = service.engine, service.catalogue

    @router.get("/models", summary="Show the models in memory")
    async def status() -> Response:
        return JsonResponse({"models": await engine.status()})

    @router.post(
        "/load", summary="Load a model, with its progress", openapi_extra=body_of(schema.LOAD)
    )
    async def load(request: Request) -> Response:
        """Answer in lines of JSON: `progress` from 0 to 1 while it loads, `status` at last."""
        body = await read_json(request, schema.LOAD)
        await catalogue.check(body.model, request)
        return Answer(_load(service, body), NDJSON, _error_line)

    @router.post("/unload", summary="Unload a model", openapi_extra=body_of(schema.MODEL))
    async def unload(request: Request) -> Response:
        body = await read_json(request, schema.MODEL)
        await catalogue.check(body.model, request)
        await engine.unload(body.model)
        return JsonResponse({})


def _add_text_routes(router: APIRouter, service: Service) -> None:
    engine, catalogue = service.engine, service.catalogue

    @router.post(
        "/generate",
        summary="Answer a request, one event per line",
        openapi_extra=body_of(schema.GENERATE),
    )
    async def generate(request: Request) -> Response:
        """Answer in lines of JSON: `started`, then any number of `delta`, then `finished`."""
        wanted = await read_json(request, schema.GENERATE)
        await catalogue.check(wanted.model, request)
        return Answer(_lines(service.generate(wanted)), NDJSON, _error_line)

    @router.post("/render", summary="Show the exact prompt", openapi_extra=body_of(schema.RENDER))
    async def render(request: Request) -> Response:
        body = await read_json(request, schema.RENDER)
        await catalogue.check(body.model, request)
        return _reply(engine.render(body.model, body.messages, body.continue_with))

    @router.post("/tokenize", summary="Split a text", openapi_extra=body_of(schema.TOKENIZE))
    async def tokenize(request: Request) -> Response:
        body = await read_json(request, schema.TOKENIZE)
        await catalogue.check(body.model, request)
        flags = {"add_special": body.add_special, "parse_special": body.parse_special}
        return _reply(engine.tokenize(body.model, body.text, **flags), "tokens")

    @router.post("/detokenize", summary="Join tokens", openapi_extra=body_of(schema.DETOKENIZE))
    async def detokenize(request: Request) -> Response:
        body = await read_json(request, schema.DETOKENIZE)
        await catalogue.check(body.model, request)
        return _reply(engine.detokenize(body.model, body.token_ids), "text")

    @router.post("/next", summary="Show the likeliest tokens", openapi_extra=body_of(schema.NEXT))
    async def next_tokens(request: Request) -> Response:
        body = await read_json(request, schema.NEXT)
        await catalogue.check(body.model, request)
        return _reply(engine.next_tokens(body.model, body.prompt, body.top), "choices")


def _reply(work: Any, member: str | None = None) -> Response:
    async def reply() -> Response:
        result = await work
        return JsonResponse({member: result} if member else result)

    return WholeAnswer(reply())


async def _lines(source: Events) -> ByteChunks:
    async with aclosing(source) as events:
        async for event in events:
            yield write_event(event)


async def _load(service: Service, body: schema.LoadBody) -> ByteChunks:
    """Yield the progress while the model loads, then its state."""
    steps: asyncio.Queue[float | None] = asyncio.Queue()
    loading = asyncio.ensure_future(service.engine.load(body.model, body.options, steps.put_nowait))
    loading.add_done_callback(lambda _: steps.put_nowait(None))
    try:
        while (progress := await steps.get()) is not None:
            yield write_line(Line(progress=progress))
        yield write_line(Line(status=await loading))
    finally:
        loading.cancel()


def _error_line(error: HearthError) -> bytes:
    return msgspec.json.encode({"error": error.as_data()}) + b"\n"
