"""Plans over HTTP: will it run, how fast, and what can this machine run?

The same answers as `hearth plan --json` and `hearth can-run --json`. A model that is too large is
an answer. Whoever comes without the local token may name models of the library and well-known
ones, and describe machines, but neither files nor servers.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from hearth.config import Config
from hearth.plan.choose.ask import can_run_by_name, plan_by_name
from hearth.plan.choose.can_run import can_run_data
from hearth.plan.choose.data import plan_data
from hearth.plan.choose.wishes import Purpose, wishes_of
from hearth.plan.memory import KV_TYPES
from hearth.serve.native_schema import ModelName
from hearth.serve.reference import body_of, query_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.schema import STRICT
from hearth.serve.strict_json import read_json, read_query

MACHINE = "an imported machine, or a description; default: this machine"
CONTEXT = "tokens of one conversation"

MachineText = Annotated[str, Field(min_length=1, max_length=500)]


class PlanBody(BaseModel):
    """`POST /hearth/plan`: a model, a machine (default: this one), and wishes."""

    model_config = STRICT

    model: ModelName
    machine: Annotated[MachineText | None, Field(description=MACHINE)] = None
    purpose: Annotated[Purpose, Field(description="what the choices are ranked by")] = "balanced"
    context: Annotated[int | None, Field(description=CONTEXT)] = None
    quantization: Annotated[
        str | None, Field(max_length=40, description="`any` chooses one for a file as well")
    ] = None
    kv_type: Annotated[str | None, Field(description=f"one of {', '.join(KV_TYPES)}")] = None
    users: Annotated[int | None, Field(description="conversations at once")] = None
    prompt_tokens: Annotated[int, Field(description="tokens of the prompt")] = 512


class CanRunQuery(BaseModel):
    """`GET /hearth/can-run`: a machine (default: this one), and what counts as running."""

    model_config = ConfigDict(extra="forbid")

    machine: Annotated[MachineText | None, Field(description=MACHINE)] = None
    context: Annotated[int | None, Field(description=CONTEXT)] = None
    min_speed: Annotated[
        float | None, Field(description="tokens per second that are fast enough; default: 5")
    ] = None


PLAN = TypeAdapter(PlanBody)
CAN_RUN = TypeAdapter(CanRunQuery)


def plan_routes(config: Config) -> APIRouter:
    """Return the routes for plans."""
    router = APIRouter(prefix=NATIVE_PREFIX.rstrip("/"), tags=["Hearth"])

    @router.post("/plan", summary="Plan a model on a machine", openapi_extra=body_of(PLAN))
    async def plan(request: Request) -> Response:
        """Answer with memory by device, speeds, choices with their reasons, and alternatives."""
        body = await read_json(request, PLAN)
        wishes = wishes_of(**body.model_dump(exclude={"model", "machine"}))
        made = await asyncio.to_thread(
            plan_by_name,
            config,
            body.model,
            wishes,
            machine=body.machine,
            is_trusted=_is_trusted(request),
        )
        return JsonResponse(plan_data(made))

    @router.get(
        "/can-run", summary="Show which sizes of model run here", openapi_extra=query_of(CAN_RUN)
    )
    async def can_run(request: Request) -> Response:
        """Answer with well-known models from tiny to enterprise, in several quantizations."""
        wanted = read_query(request, CAN_RUN)
        found = await asyncio.to_thread(
            can_run_by_name,
            config,
            machine=wanted.machine,
            context=wanted.context,
            min_speed=wanted.min_speed,
            is_trusted=_is_trusted(request),
        )
        return JsonResponse(can_run_data(found))

    return router


def _is_trusted(request: Request) -> bool:
    return bool(getattr(request.state, "trusted", False))
