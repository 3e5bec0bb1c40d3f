"""Hearth's route for how predictions came out: error bands, corrections, and the points behind.

Only the user's own programs (with the local token) and holders of the API key may use it: it tells
which models are used here.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from hearth.config import Config
from hearth.machine.keep import this_machine
from hearth.plan.accuracy import Accuracy, accuracy, basis_of
from hearth.plan.corrections import Corrections, corrections
from hearth.serve.jobs import check_caller
from hearth.serve.reference import query_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.strict_json import read_query
from hearth.store.predicted import Part
from hearth.store.predictions import Predictions

MAX_POINTS = 1000


class PredictionsQuery(BaseModel):
    """`GET /hearth/predictions`: which points, and of which model the corrections."""

    model_config = ConfigDict(extra="forbid")

    part: Annotated[Part | None, Field(description="points of this part; default: of all")] = None
    identity: Annotated[
        str, Field(max_length=64, description="corrections as for this model's identity")
    ] = ""
    quantization: Annotated[
        str, Field(max_length=40, description="corrections as for this quantization")
    ] = ""


QUERY = TypeAdapter(PredictionsQuery)


def prediction_routes(predictions: Predictions, config: Config) -> APIRouter:
    """Return the route under `/hearth/`."""
    router = APIRouter(prefix=NATIVE_PREFIX.rstrip("/"), tags=["Hearth"])

    @router.get(
        "/predictions",
        summary="Show what was predicted here, and what came out",
        openapi_extra=query_of(QUERY),
    )
    async def show_predictions(request: Request) -> Response:
        """Answer with error bands by part, corrections, and at most 1000 points, newest first.

        Errors and factors are of measured / predicted on this machine. For the user's own programs
        and holders of the API key; for others the status is 403.
        """
        check_caller(request, "What was predicted and measured")
        asked = read_query(request, QUERY)
        found, factors = await asyncio.to_thread(_compare, predictions, config, asked)
        return JsonResponse(_content(found, factors, asked.part))

    return router


def _compare(
    predictions: Predictions, config: Config, asked: PredictionsQuery
) -> tuple[Accuracy, Corrections]:
    machine = this_machine(config)
    found = accuracy(predictions.list(machine=machine.fingerprint), basis=basis_of(machine))
    return found, corrections(found, quantization=asked.quantization, identity=asked.identity)


def _content(found: Accuracy, factors: Corrections, part: Part | None) -> dict[str, Any]:
    points = [point for point in found.points if part is None or point.part is part]
    return {
        "bands": [asdict(band) | {"unit": band.part.unit} for band in found.bands.values()],
        "corrections": [asdict(each) | {"text": str(each)} for each in factors.values()],
        "points": [asdict(point) | {"unit": point.part.unit} for point in points[:MAX_POINTS]],
    }
