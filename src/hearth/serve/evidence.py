"""Evidence over HTTP: what was measured here, record by record, as data and as cards.

The same answers as `hearth evidence list --json` and `show --json`. Only the user's own programs
(with the local token) and holders of the API key may read it: it tells which models are used here.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from hearth.measure.evidence import Ledger, agree
from hearth.measure.evidence.cards import CardFormat, card_of, render_card
from hearth.measure.evidence.data import comparison_data, record_data, verification_data
from hearth.serve.jobs import check_caller
from hearth.serve.reference import query_of
from hearth.serve.replies import NATIVE_PREFIX, JsonResponse
from hearth.serve.strict_json import read_query

MAX_LISTED = 1000
WHAT = "What was measured"

MEDIA_TYPES = {
    CardFormat.MARKDOWN: "text/markdown; charset=utf-8",
    CardFormat.JSON: "application/json",
    CardFormat.SVG: "image/svg+xml",
}


class ListQuery(BaseModel):
    """`GET /hearth/evidence`: which records."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[
        str | None, Field(max_length=32, description="only this kind, such as `speed`")
    ] = None
    subject: Annotated[
        str | None, Field(max_length=300, description="a part of a model's name, or its digest")
    ] = None
    text: Annotated[
        str | None, Field(max_length=300, description="words that all stand in the record")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LISTED, description="most records")] = 100


class CardQuery(BaseModel):
    """`GET /hearth/evidence/{id}/card`: in which format."""

    model_config = ConfigDict(extra="forbid")

    format: Annotated[CardFormat, Field(description="md, json or svg")] = CardFormat.MARKDOWN


LIST = TypeAdapter(ListQuery)
CARD = TypeAdapter(CardQuery)


def evidence_routes(ledger: Ledger) -> APIRouter:
    """Return the routes of evidence under `/hearth/`."""
    router = APIRouter(prefix=NATIVE_PREFIX.rstrip("/"), tags=["Evidence"])
    _add_ledger(router, ledger)
    _add_records(router, ledger)
    return router


def _add_ledger(router: APIRouter, ledger: Ledger) -> None:
    @router.get("/evidence", summary="List what was measured", openapi_extra=query_of(LIST))
    async def list_evidence(request: Request) -> Response:
        """Answer with records, the newest first, without what was found of single items.

        This and all routes of evidence are for the user's own programs and holders of the API key;
        for others the status is 403. `damaged` tells of records that were changed after they were
        written, and are not shown.
        """
        check_caller(request, WHAT)
        asked = read_query(request, LIST)
        damaged: list[str] = []
        found = await asyncio.to_thread(
            ledger.list,
            kind=asked.kind,
            subject=asked.subject,
            text=asked.text,
            limit=asked.limit,
            on_damage=damaged.append,
        )
        records = [record_data(record) for record in found]
        return JsonResponse({"records": records, "damaged": damaged})

    @router.get("/evidence/verify", summary="Check that no record was changed or left out")
    async def verify_evidence(request: Request) -> Response:
        """Check every record, the chain and its end; `is_sound` says whether all is as written."""
        check_caller(request, WHAT)
        return JsonResponse(verification_data(await asyncio.to_thread(ledger.verify)))


def _add_records(router: APIRouter, ledger: Ledger) -> None:
    @router.get("/evidence/{record_id}", summary="Show a record")
    async def show_record(record_id: str, request: Request) -> Response:
        """Answer with a record whole; `record_id` may be the first characters of its id."""
        check_caller(request, WHAT)
        return JsonResponse(record_data(await asyncio.to_thread(ledger.get, record_id)))

    @router.get("/evidence/{record_id}/diff/{other_id}", summary="Compare two records")
    async def compare_records(record_id: str, other_id: str, request: Request) -> Response:
        """Say which figures of two records agree, and what else was not the same."""
        check_caller(request, WHAT)
        old, new = await asyncio.gather(
            asyncio.to_thread(ledger.get, record_id), asyncio.to_thread(ledger.get, other_id)
        )
        return JsonResponse(comparison_data(old, new, agree(old, new)))

    @router.get(
        "/evidence/{record_id}/card",
        summary="Export a record as a card",
        openapi_extra=query_of(CARD),
    )
    async def export_card(record_id: str, request: Request) -> Response:
        """Answer with a card that another Hearth can check and replay."""
        check_caller(request, WHAT)
        form = read_query(request, CARD).format
        card = await asyncio.to_thread(card_of, ledger, record_id)
        text = await asyncio.to_thread(render_card, card, form)
        name = f"evidence-{card.record.id}.{form.value}"
        return Response(
            text,
            media_type=MEDIA_TYPES[form],
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )
