"""The guide over HTTP: topics, search, questions, what there is to see here, and paths.

The same answers as `hearth guide --json`, `hearth ask --json` and `hearth path --json`. Topics are
public. What is seen tells of this machine, and progress of its user: both are for the user's own
programs (with the local token) and holders of the API key.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from hearth.config import Config
from hearth.errors import HearthError, NotFound
from hearth.guide import find, topics
from hearth.guide.asking import ask_guide
from hearth.guide.demonstrations import Surroundings, names, run
from hearth.guide.paths import Progress
from hearth.guide.search import MAX_QUERY_CHARS, Hit, search
from hearth.serve.answers import Answer, ByteChunks
from hearth.serve.jobs import check_caller
from hearth.serve.native_schema import ModelName
from hearth.serve.reference import body_of, query_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.schema import STRICT
from hearth.serve.service import Service
from hearth.serve.strict_json import read_json, read_query
from hearth.store.database import Database

MAX_HITS = 50
NUM_TOPICS = 3
NDJSON = "application/x-ndjson"
SEEN = "What there is to see of this machine"
KEPT = "Progress in the guide"

Words = Annotated[str, Field(min_length=1, max_length=MAX_QUERY_CHARS)]


class SearchQuery(BaseModel):
    """`GET /hearth/guide/search`: words, or a question."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[Words, Field(description="words, or a question")]
    limit: Annotated[int, Field(ge=1, le=MAX_HITS, description="most topics")] = 8


class ShowBody(BaseModel):
    """`POST /hearth/guide/demonstrations/{name}`: on which model (default: the setting)."""

    model_config = STRICT

    model: ModelName | None = None


class AskBody(ShowBody):
    """`POST /hearth/guide/ask`: a question, and who answers (default: the setting)."""

    question: Words


SEARCH = TypeAdapter(SearchQuery)
SHOW = TypeAdapter(ShowBody)
ASK = TypeAdapter(AskBody)


def guide_routes(service: Service, config: Config, database: Database | None) -> APIRouter:
    """Return the routes of the guide under `/hearth/`; without a database those of paths lack."""
    router = APIRouter(prefix=f"{NATIVE_PREFIX.rstrip('/')}/guide", tags=["Guide"])
    _add_topics(router)
    _add_asking(router, service, config)
    _add_demonstrations(router, service, config)
    if database is not None:
        _add_paths(router, Progress(database))
    return router


def _add_topics(router: APIRouter) -> None:
    @router.get("/topics", summary="List the topics of the guide")
    async def list_topics() -> Response:
        """Answer with all topics in their reading order; `parent` says where each belongs."""
        return JsonResponse({"topics": [topic.as_data() for topic in topics()]})

    @router.get("/topics/{name}", summary="Show a topic")
    async def show_topic(name: str) -> Response:
        """Answer with the topic of a name, or the nearest; `exact` says whether it is called so."""
        found = find(name)
        return JsonResponse({"exact": found.exact, **found.topic.as_data()})

    @router.get("/search", summary="Search the guide", openapi_extra=query_of(SEARCH))
    async def search_guide(request: Request) -> Response:
        """Answer with the topics that fit, the best first."""
        asked = read_query(request, SEARCH)
        hits = await asyncio.to_thread(search, asked.q, limit=asked.limit)
        return JsonResponse({"topics": [_hit_data(hit) for hit in hits]})


def _add_asking(router: APIRouter, service: Service, config: Config) -> None:
    @router.post("/ask", summary="Ask the guide", openapi_extra=body_of(ASK))
    async def ask(request: Request) -> Response:
        """Answer in lines of JSON: `topics` that fit, then a `sentence` at a time from a model.

        Each sentence names the topic that it rests on; null where none says this.
        """
        body = await read_json(request, ASK)
        model = body.model or config.model
        await service.catalogue.check(model, request)
        hits = await asyncio.to_thread(search, body.question, limit=NUM_TOPICS)
        if not hits:
            raise NotFound("No topic of the guide fits this question.", param="question")
        return Answer(_sentences(service, body.question, hits, model), NDJSON, _error_line)


def _add_demonstrations(router: APIRouter, service: Service, config: Config) -> None:
    @router.get("/demonstrations", summary="List what there is to see of topics")
    async def list_demonstrations() -> Response:
        """Answer with each name and the ids of the topics that it shows."""
        shown = {
            name: [each.id for each in topics() if each.demonstration == name] for name in names()
        }
        return JsonResponse({"demonstrations": shown})

    @router.post("/demonstrations/{name}", summary="Show a topic here", openapi_extra=body_of(SHOW))
    async def show_demonstration(name: str, request: Request) -> Response:
        """Run a demonstration on this machine, some seconds, and answer with its parts.

        The kinds of parts are bars, table, series, steps, pieces, verdict and prose.
        """
        check_caller(request, SEEN)
        model = (await read_json(request, SHOW)).model or config.model
        await service.catalogue.check(model, request)
        around = Surroundings(config=config, engine=service.engine, model=model)
        return JsonResponse(await run(name, around))


def _add_paths(router: APIRouter, progress: Progress) -> None:
    @router.get("/paths", summary="List the paths through the guide")
    async def list_paths(request: Request) -> Response:
        """Answer with every path, its steps, and which of them are done."""
        check_caller(request, KEPT)
        found = await asyncio.to_thread(progress.all)
        return JsonResponse({"paths": [each.as_data() for each in found]})

    @router.get("/paths/{path}", summary="Show a path")
    async def show_path(path: str, request: Request) -> Response:
        """Answer with a path, its steps, which are done, and the next one."""
        check_caller(request, KEPT)
        return JsonResponse((await asyncio.to_thread(progress.of, path)).as_data())

    @router.put("/paths/{path}/steps/{step}", summary="Note a step as done")
    async def mark_step(path: str, step: str, request: Request) -> Response:
        """Note a step, by its id or number, as done; answer with the path."""
        check_caller(request, KEPT)
        return JsonResponse((await asyncio.to_thread(progress.mark, path, step)).as_data())

    @router.delete("/paths/{path}/steps/{step}", summary="Take back that a step is done")
    async def unmark_step(path: str, step: str, request: Request) -> Response:
        """Forget that a step is done; answer with the path."""
        check_caller(request, KEPT)
        return JsonResponse((await asyncio.to_thread(progress.unmark, path, step)).as_data())


async def _sentences(
    service: Service, question: str, hits: tuple[Hit, ...], model: str
) -> ByteChunks:
    yield _line({"topics": [_hit_data(hit) for hit in hits]})
    notes = tuple(hit.topic for hit in hits)
    async with aclosing(ask_guide(question, notes, service.engine, model)) as sentences:
        async for each in sentences:
            topic = each.source.id if each.source else None
            yield _line({"sentence": {"text": each.text, "topic": topic}})


def _hit_data(hit: Hit) -> dict[str, Any]:
    return {"score": hit.score, **hit.topic.as_data()}


def _line(content: dict[str, Any]) -> bytes:
    return msgspec.json.encode(content) + b"\n"


def _error_line(error: HearthError) -> bytes:
    return _line({"error": error.as_data()})
