"""Hearth's routes for long work: pull a model, try one, watch jobs, stop them, go on with them.

Only the user's own programs (with the local token) and holders of the API key may use them: a pull
fills the disk and makes this machine send requests. A caller over the network learns no paths of
this machine, and an address that it names may not lead into this machine's network.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from hearth.config import Config
from hearth.errors import HearthError, NotAllowed
from hearth.jobs import JobRecord, Jobs, start_pull, start_trying
from hearth.measure.twin import TwinOptions
from hearth.models.pull import PullOptions, plan_pull
from hearth.serve.answers import Answer, ByteChunks
from hearth.serve.reference import body_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.schema import STRICT
from hearth.serve.strict_json import read_json

NDJSON = "application/x-ndjson"
MAX_LISTED = 100

_PATHS = ("path", "folder", "opens", "elsewhere", "where")


class PullBody(BaseModel):
    """`POST /hearth/pull`."""

    model_config = STRICT

    reference: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2048,
            description="`hf:owner/repository[:file-or-quant][@revision]` or `https://...`.",
        ),
    ]
    dry_run: Annotated[
        bool, Field(description="Answer with what would be fetched; fetch nothing.")
    ] = False
    max_bytes_per_s: Annotated[
        float | None, Field(ge=1024, le=1e12, description="Bandwidth limit; default: none.")
    ] = None
    allow_large: Annotated[bool, Field(description="Fetch even more than 50 GiB.")] = False


PULL = TypeAdapter(PullBody)


class TryBody(BaseModel):
    """`POST /hearth/try`."""

    model_config = STRICT

    model: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2048,
            description="A model of the library, `hf:owner/repository:QUANT`, `https://...`, or a "
            "public model with its quantization, such as `llama-3.1-8b:Q4_K_M`.",
        ),
    ]
    context: Annotated[
        int | None, Field(ge=1, description="Longest sequence, in tokens; default: chosen.")
    ] = None
    prompt_tokens: Annotated[
        int | None, Field(ge=16, description="Longest prompt to measure; default: 512.")
    ] = None
    users: Annotated[int, Field(ge=1, le=64, description="Answers written at once.")] = 1
    kv_type: Annotated[
        str | None, Field(max_length=8, description="Format of keys and values; default: f16.")
    ] = None
    layers: Annotated[
        int | None, Field(ge=2, description="Most layers to run; the rest is extrapolated.")
    ] = None
    repeats: Annotated[int, Field(ge=1, le=20, description="Of each measurement.")] = 3


TRY = TypeAdapter(TryBody)


def job_routes(jobs: Jobs, config: Config) -> APIRouter:
    """Return the routes of long work under `/hearth/`."""
    router = APIRouter(prefix=NATIVE_PREFIX.rstrip("/"), tags=["Long work"])
    _add_pull(router, jobs, config)
    _add_try(router, jobs)
    _add_jobs(router, jobs)
    return router


def _add_pull(router: APIRouter, jobs: Jobs, config: Config) -> None:
    @router.post("/pull", summary="Fetch a model, as a job", openapi_extra=body_of(PULL))
    async def pull(request: Request) -> Response:
        """Begin to fetch a model, or join the job that does so already; answer with the job.

        This and all routes of jobs are for the user's own programs, which send the token in
        `server.json` of Hearth's home, and for holders of the API key; for others the status is
        403. With `dry_run` the answer is the plan: files, bytes, free space.
        """
        is_local = check_caller(request, "Long work")
        body = await read_json(request, PULL)
        options = PullOptions(
            max_bytes_per_s=body.max_bytes_per_s,
            allow_large=body.allow_large,
            is_trusted=is_local,
        )
        if body.dry_run:
            plan = await asyncio.to_thread(
                plan_pull, body.reference, config=config, options=options
            )
            return JsonResponse({"plan": shown(plan.as_data(), is_local=is_local)})
        job = await asyncio.to_thread(start_pull, jobs, body.reference, options)
        return JsonResponse(job_content(job, is_local=is_local), 202)


def _add_try(router: APIRouter, jobs: Jobs) -> None:
    @router.post(
        "/try",
        summary="Measure a model before it is here, as a job",
        openapi_extra=body_of(TRY),
    )
    async def try_(request: Request) -> Response:
        """Begin to measure a model by a stand-in without weights; answer with the job.

        Of a remote model only the header is fetched; paths and servers may be named by the user's
        own programs alone. The job's result has the speeds with their repeats, the memory by part,
        and whether they were measured or extrapolated.
        """
        is_local = check_caller(request, "Long work")
        body = await read_json(request, TRY)
        options = TwinOptions(**body.model_dump(exclude={"model"}))
        job = await asyncio.to_thread(start_trying, jobs, body.model, options, is_trusted=is_local)
        return JsonResponse(job_content(job, is_local=is_local), 202)


def _add_jobs(router: APIRouter, jobs: Jobs) -> None:
    @router.get("/jobs", summary="List long work, newest first")
    async def list_jobs(request: Request) -> Response:
        is_local = check_caller(request, "Long work")
        found = await asyncio.to_thread(jobs.list, limit=MAX_LISTED)
        return JsonResponse({"jobs": [job_content(job, is_local=is_local)["job"] for job in found]})

    @router.get("/jobs/{job_id}", summary="Show a job")
    async def show_job(job_id: str, request: Request) -> Response:
        """Answer with the job: its state, what is done and in all, rate and remaining time."""
        is_local = check_caller(request, "Long work")
        job = await asyncio.to_thread(jobs.get, job_id)
        return JsonResponse(job_content(job, is_local=is_local))

    @router.get("/jobs/{job_id}/events", summary="Watch a job, one state per line")
    async def watch_job(job_id: str, request: Request) -> Response:
        """Answer in lines of JSON: the job each time that it changes, and at last as it ended."""
        return Answer(
            _lines(jobs, job_id, is_local=check_caller(request, "Long work")), NDJSON, _error_line
        )

    @router.post("/jobs/{job_id}/resume", summary="Go on with a job that ended early")
    async def resume_job(job_id: str, request: Request) -> Response:
        """Begin again what failed, was cancelled or interrupted; what it had done is kept."""
        is_local = check_caller(request, "Long work")
        job = await asyncio.to_thread(jobs.resume, job_id)
        return JsonResponse(job_content(job, is_local=is_local), 202)

    @router.delete("/jobs/{job_id}", summary="Stop a job")
    async def cancel_job(job_id: str, request: Request) -> Response:
        """Ask the job to stop; what it has done is kept, and its place in the list too."""
        is_local = check_caller(request, "Long work")
        job = await asyncio.to_thread(jobs.cancel, job_id)
        return JsonResponse(job_content(job, is_local=is_local))


async def _lines(jobs: Jobs, job_id: str, *, is_local: bool) -> ByteChunks:
    async with aclosing(jobs.changes(job_id)) as changes:
        async for job in changes:
            yield msgspec.json.encode(job_content(job, is_local=is_local)) + b"\n"


def check_caller(request: Request, what: str) -> bool:
    """Return whether the caller is a program of this user; refuse who has proven nothing.

    Args:
        request: What it sent.
        what: What it wants, for the refusal.

    Raises:
        NotAllowed: The caller sent neither the local token nor an API key.
    """
    is_local = bool(getattr(request.state, "trusted", False))
    if not is_local and not getattr(request.state, "keyed", False):
        raise NotAllowed(
            f"{what} is for this user's own programs and for holders of the API key.",
            hint="Send the token in server.json of Hearth's home as `Authorization: Bearer TOKEN`, "
            "or set HEARTH_API_KEY and send that.",
        )
    return is_local


def job_content(job: JobRecord, *, is_local: bool) -> dict[str, Any]:
    """Return a job as its routes answer with it."""
    result = None if job.result is None else shown(job.result, is_local=is_local)
    return {
        "job": {
            "id": job.id,
            "kind": job.kind,
            "target": job.target,
            "state": job.state.value,
            "done": job.done,
            "total": job.total,
            "rate_per_s": job.rate_per_s,
            "remaining_s": job.remaining_s,
            "doing": job.doing,
            "result": result,
            "error": job.error,
            "cancel_asked": job.cancel_asked,
            "created_at": job.created_at,
            "updated_at": job.updated_at,
            "finished_at": job.finished_at,
        }
    }


def shown(data: dict[str, Any], *, is_local: bool) -> dict[str, Any]:
    """Return data without the paths of this machine, which only its own user needs."""
    return data if is_local else {name: data[name] for name in data if name not in _PATHS}


def _error_line(error: HearthError) -> bytes:
    return msgspec.json.encode({"error": error.as_data()}) + b"\n"
