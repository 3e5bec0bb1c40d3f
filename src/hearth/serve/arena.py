"""The arena over HTTP: open one, get a pair, read both answers as they grow, vote, read the board.

Only the user's own programs (with the local token) and holders of the API key may use it: prompts
are drawn from the user's own conversations. Whoever comes over the network may let neither files
nor other servers take part. Names are told after the vote, and not before.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import aclosing
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from hearth.config import Config
from hearth.engine.client import Engine
from hearth.errors import HearthError, NotFound
from hearth.measure.arena import (
    Arena,
    Board,
    Contestant,
    Outcome,
    PairEnded,
    PairEvent,
    PromptSource,
    SideText,
    open_arena,
)
from hearth.serve.answers import Answer, ByteChunks
from hearth.serve.jobs import check_caller
from hearth.serve.reference import body_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.schema import STRICT
from hearth.serve.strict_json import read_json
from hearth.store.database import Database

NDJSON = "application/x-ndjson"
WHAT = "The arena"
MAX_ARENAS = 32  # the one that was opened first is forgotten; its votes stay

Spec = Annotated[str, Field(min_length=1, max_length=30_000)]


class ArenaBody(BaseModel):
    """`POST /hearth/arena`."""

    model_config = STRICT

    contestants: Annotated[
        list[Spec],
        Field(
            min_length=2,
            max_length=16,
            description="Models, each with settings after a question mark: "
            "`starter?temperature=0&system=Be%20brief.&name=brief`.",
        ),
    ]
    prompts: Annotated[
        list[PromptSource],
        Field(
            min_length=1,
            max_length=2,
            description="Where prompts are drawn from: `built_in`, `conversation` or both.",
        ),
    ] = [PromptSource.BUILT_IN]


class PairBody(BaseModel):
    """`POST /hearth/arena/{arena}/pairs`."""

    model_config = STRICT

    prompt: Annotated[
        str | None,
        Field(max_length=100_000, description="What to ask; default: a prompt is drawn."),
    ] = None


class VoteBody(BaseModel):
    """`POST /hearth/arena/{arena}/pairs/{pair}/vote`."""

    model_config = STRICT

    outcome: Annotated[Outcome, Field(description="Which answer was better, `tie`, `both_bad`.")]


ARENA, PAIR, VOTE = TypeAdapter(ArenaBody), TypeAdapter(PairBody), TypeAdapter(VoteBody)


class Arenas:
    """The arenas that were opened since the server began.

    Args:
        config: Says where the models are.
        database: Keeps the votes.
        engine: Answers.
    """

    def __init__(self, config: Config, database: Database, engine: Engine) -> None:
        self._config = config
        self._database = database
        self._engine = engine
        self._open: dict[str, Arena] = {}

    def open(self, body: ArenaBody, *, is_trusted: bool) -> tuple[str, Arena]:
        """Return an arena and its id; the same contestants and prompts have the same one."""
        sources = sorted(set(body.prompts))
        arena = open_arena(
            self._config,
            self._database,
            self._engine,
            body.contestants,
            sources=sources,
            is_trusted=is_trusted,
        )
        words = [*(contestant.key for contestant in arena.contestants), *sources]
        arena_id = hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]
        self._open.setdefault(arena_id, arena)
        while len(self._open) > MAX_ARENAS:
            del self._open[next(iter(self._open))]
        return arena_id, self._open[arena_id]

    def get(self, arena_id: str) -> Arena:
        """Return an open arena.

        Raises:
            NotFound: There is none of this id.
        """
        if arena_id not in self._open:
            raise NotFound(
                f"There is no arena {arena_id[:32]!r}.",
                hint="Open one: POST /hearth/arena with its contestants; votes are kept.",
            )
        return self._open[arena_id]


def arena_routes(arenas: Arenas) -> APIRouter:
    """Return the routes of the arena under `/hearth/`."""
    router = APIRouter(prefix=f"{NATIVE_PREFIX}arena", tags=["Arena"])
    _add_arenas(router, arenas)
    _add_pairs(router, arenas)
    return router


def _add_arenas(router: APIRouter, arenas: Arenas) -> None:
    @router.post("", summary="Open an arena", openapi_extra=body_of(ARENA))
    async def open_(request: Request) -> Response:
        """Answer with the arena's id and its contestants; earlier votes on them count.

        This and all routes of the arena are for the user's own programs, which send the token in
        `server.json` of Hearth's home, and for holders of the API key; for others the status is
        403.
        """
        is_local = check_caller(request, WHAT)
        body = await read_json(request, ARENA)
        arena_id, arena = await asyncio.to_thread(arenas.open, body, is_trusted=is_local)
        shown = [_contestant(each) for each in arena.contestants]
        return JsonResponse({"arena": {"id": arena_id, "contestants": shown}}, 201)

    @router.get("/{arena_id}/board", summary="Show what the votes say")
    async def board(arena_id: str, request: Request) -> Response:
        """Answer with standings, pairs against each other, and what is known of the voter."""
        check_caller(request, WHAT)
        found = await asyncio.to_thread(arenas.get(arena_id).board)
        return JsonResponse({"board": _board(found)})


def _add_pairs(router: APIRouter, arenas: Arenas) -> None:
    @router.post("/{arena_id}/pairs", summary="Get two to compare", openapi_extra=body_of(PAIR))
    async def pair(arena_id: str, request: Request) -> Response:
        """Answer with a pair: its id and its prompt, and nothing about who will answer."""
        check_caller(request, WHAT)
        arena = arenas.get(arena_id)
        body = await read_json(request, PAIR)
        made = await asyncio.to_thread(arena.next_pair, body.prompt)
        return JsonResponse({"pair": asdict(made)}, 201)

    @router.get("/{arena_id}/pairs/{pair_id}/answers", summary="Read both answers of a pair")
    async def answers(arena_id: str, pair_id: str, request: Request) -> Response:
        """Answer in lines of JSON: pieces of either side, the end of each, and at last `done`."""
        check_caller(request, WHAT)
        return Answer(_lines(arenas.get(arena_id), pair_id), NDJSON, _error_line)

    @router.post(
        "/{arena_id}/pairs/{pair_id}/vote", summary="Vote on a pair", openapi_extra=body_of(VOTE)
    )
    async def vote(arena_id: str, pair_id: str, request: Request) -> Response:
        """Keep the vote, and tell who answered; it is on disk when this answers."""
        check_caller(request, WHAT)
        arena = arenas.get(arena_id)
        body = await read_json(request, VOTE)
        revealed = await asyncio.to_thread(arena.vote, pair_id, body.outcome)
        return JsonResponse(
            {
                "vote": {"id": revealed.vote.id, "outcome": revealed.vote.outcome},
                "left": _contestant(revealed.left),
                "right": _contestant(revealed.right),
            }
        )


async def _lines(arena: Arena, pair_id: str) -> ByteChunks:
    async with aclosing(arena.answers(pair_id)) as events:
        async for event in events:
            yield _line(event)


def _line(event: PairEvent) -> bytes:
    if isinstance(event, PairEnded):
        if event.error is not None:
            return _error_line(event.error)
        return b'{"done":true}\n'
    if isinstance(event, SideText):
        return msgspec.json.encode({"side": event.side, "text": event.text}) + b"\n"
    return msgspec.json.encode({"side": event.side, "ended": True}) + b"\n"


def _error_line(error: HearthError) -> bytes:
    return msgspec.json.encode({"error": error.as_data()}) + b"\n"


def _contestant(contestant: Contestant) -> dict[str, Any]:
    return {
        "key": contestant.key,
        "name": contestant.name,
        "identity": contestant.identity,
        "template": contestant.template,
        "system_prompt": contestant.system_prompt,
        "sampling": asdict(contestant.sampling),
        "max_tokens": contestant.max_tokens,
    }


def _board(board: Board) -> dict[str, Any]:
    standings = [
        {**asdict(each), "contestant": _contestant(each.contestant)} for each in board.standings
    ]
    return {**asdict(board), "standings": standings}
