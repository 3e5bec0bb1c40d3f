"""Hearth's routes for work that ends in a model or in evidence: quantizing, and any measurement.

Both are jobs; see `hearth.serve.jobs` for watching and stopping them.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from hearth.config import Config
from hearth.errors import NotAllowed
from hearth.forge.quantize import QuantizeOptions, plan_quantize
from hearth.jobs import Jobs, start_bench, start_quantizing
from hearth.serve.jobs import check_caller, job_content, shown
from hearth.serve.reference import body_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.schema import STRICT
from hearth.serve.strict_json import read_json


class QuantizeBody(BaseModel):
    """`POST /hearth/quantize`."""

    model_config = STRICT

    model: Annotated[
        str, Field(min_length=1, max_length=2048, description="A model of the library.")
    ]
    quantization: Annotated[
        str, Field(min_length=1, max_length=32, description="What to make of it: Q8_0, Q4_K_M.")
    ]
    name: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="Of the new model; default: chosen."),
    ] = None
    allow_requantize: Annotated[
        bool, Field(description="Also from weights that are quantized already: errors add up.")
    ] = False
    dry_run: Annotated[
        bool, Field(description="Answer with what would be made; write nothing.")
    ] = False


class BenchBody(BaseModel):
    """`POST /hearth/bench`."""

    model_config = STRICT

    bench: Annotated[
        str,
        Field(min_length=1, max_length=32, description="What is measured: speed, quants, truth."),
    ]
    target: Annotated[
        str, Field(min_length=1, max_length=2048, description="Of what, as people read it.")
    ]
    arguments: Annotated[
        dict[str, Any], Field(description="What the measurement needs; as its record keeps it.")
    ]


QUANTIZE = TypeAdapter(QuantizeBody)
BENCH = TypeAdapter(BenchBody)


def making_routes(jobs: Jobs, config: Config) -> APIRouter:
    """Return the routes of quantizing and measuring under `/hearth/`."""
    router = APIRouter(prefix=NATIVE_PREFIX.rstrip("/"), tags=["Long work"])

    @router.post(
        "/quantize",
        summary="Store a model in fewer bits, as a job",
        openapi_extra=body_of(QUANTIZE),
    )
    async def quantize(request: Request) -> Response:
        """Begin to make a quantized copy of a model; answer with the job.

        The job's result names the new model, which is checked before it joins the library. Paths
        may be named by the user's own programs alone. With `dry_run` the answer is the plan.
        """
        is_local = check_caller(request, "Long work")
        body = await read_json(request, QUANTIZE)
        options = QuantizeOptions(name=body.name, allow_requantize=body.allow_requantize)
        asked = body.model, body.quantization
        if body.dry_run:
            plan = await asyncio.to_thread(
                plan_quantize, *asked, config, options, is_trusted=is_local
            )
            return JsonResponse({"plan": shown(plan.as_data(), is_local=is_local)})
        job = await asyncio.to_thread(start_quantizing, jobs, *asked, options, is_trusted=is_local)
        return JsonResponse(job_content(job, is_local=is_local), 202)

    @router.post(
        "/bench", summary="Measure, as a job that ends in evidence", openapi_extra=body_of(BENCH)
    )
    async def bench(request: Request) -> Response:
        """Begin a measurement; answer with the job, whose result names the record of evidence.

        Its arguments can name files and servers, so that it is for the user's own programs alone.
        """
        if not check_caller(request, "Measuring"):
            raise NotAllowed(
                "Measuring is for this user's own programs: it reads files and asks servers.",
                hint="Send the token in server.json of Hearth's home as `Authorization: Bearer "
                "TOKEN`, from this machine.",
            )
        body = await read_json(request, BENCH)
        job = await asyncio.to_thread(start_bench, jobs, body.bench, body.target, body.arguments)
        return JsonResponse(job_content(job, is_local=True), 202)

    return router
