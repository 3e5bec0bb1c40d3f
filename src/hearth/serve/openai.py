"""OpenAI's dialect: models, chat completions and completions, streaming and not."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hearth.core import Delta, GenerateRequest, Receipt, Started, Usage
from hearth.errors import HearthError
from hearth.serve.answers import Answer, ByteChunks, WholeAnswer
from hearth.serve.choices import Events, collect, merge
from hearth.serve.model_facts import model_member
from hearth.serve.reference import body_of
from hearth.serve.replies import JsonResponse, error_content
from hearth.serve.schema import CHAT, COMPLETION, AnswerRequest
from hearth.serve.service import Service, caller
from hearth.serve.shapes import DONE, Chunks, Shape, encode
from hearth.serve.strict_json import read_json

PREFIX = "/v1"


def openai_routes(service: Service) -> APIRouter:
    """Return the routes of this dialect."""
    router = APIRouter(prefix=PREFIX, tags=["OpenAI dialect"])

    @router.get("/models", summary="List the models on this machine")
    async def list_models() -> Response:
        """Answer with all models; the member `hearth` of each tells what the model is."""
        entries = await service.catalogue.entries()
        return JsonResponse({"object": "list", "data": [model_member(entry) for entry in entries]})

    @router.get("/models/{model:path}", summary="Show one model")
    async def show_model(model: str, request: Request) -> Response:
        """Answer with one model; its member `hearth` has a `card` with all that its files tell."""
        entry, card = await service.catalogue.card(model, request)
        return JsonResponse(model_member(entry, card))

    @router.post("/chat/completions", summary="Answer a conversation", openapi_extra=body_of(CHAT))
    async def chat(request: Request) -> Response:
        """Render the messages with the model's own template and answer them.

        Each choice (in a stream: its last chunk) has a member `hearth` with `timings` in seconds,
        `usage` with the tokens that were not computed again, and `receipt`.
        """
        wanted = await read_json(request, CHAT)
        asked = wanted.requests(caller(request))
        await service.catalogue.check(wanted.model, request)
        return _answer(service, wanted, asked, Shape(wanted.model, chat=True))

    @router.post("/completions", summary="Go on with a text", openapi_extra=body_of(COMPLETION))
    async def complete(request: Request) -> Response:
        """Go on with a text as it is, without a template; each choice has a member `hearth`."""
        wanted = await read_json(request, COMPLETION)
        asked = wanted.requests(caller(request))
        await service.catalogue.check(wanted.model, request)
        return _answer(service, wanted, asked, Shape(wanted.model, chat=False))

    return router


def _answer(
    service: Service, wanted: AnswerRequest, asked: Sequence[GenerateRequest], shape: Shape
) -> Response:
    sources = [service.generate(request) for request in asked]
    if not wanted.stream:
        return WholeAnswer(_whole(sources, shape))
    chunks = Chunks(shape, len(sources), include_usage=wanted.include_usage)
    stream = _stream(sources, chunks, include_usage=wanted.include_usage)
    return Answer(stream, "text/event-stream; charset=utf-8", _error_event)


async def _whole(sources: Sequence[Events], shape: Shape) -> Response:
    return JsonResponse(shape.whole(await collect(sources)))


async def _stream(sources: Sequence[Events], chunks: Chunks, *, include_usage: bool) -> ByteChunks:
    receipts: dict[int, Receipt | None] = {}
    usages: list[Usage] = []
    async with aclosing(merge(sources)) as events:
        async for index, event in events:
            if isinstance(event, Delta):
                if event.text or event.traces:
                    yield chunks.delta(index, event)
            elif isinstance(event, Started):
                receipts[index] = event.receipt
                yield chunks.opening(index)
            else:
                usages.append(event.usage)
                yield chunks.finish(index, event, receipts.get(index))
    if include_usage:
        yield chunks.usage(usages)
    yield DONE


def _error_event(error: HearthError) -> bytes:
    return b"data: " + encode(error_content(error, PREFIX)) + b"\n\n" + DONE
