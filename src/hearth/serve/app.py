"""The HTTP app: routes, error answers and guards put together."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

import hearth
from hearth.config import Config
from hearth.engine.client import Engine
from hearth.errors import InvalidRequest, NotFound
from hearth.jobs import Jobs
from hearth.measure.evidence import Ledger
from hearth.models.library import Library
from hearth.serve.arena import Arenas, arena_routes
from hearth.serve.catalogue import Catalogue
from hearth.serve.evidence import evidence_routes
from hearth.serve.guards import Guard
from hearth.serve.guide import guide_routes
from hearth.serve.jobs import job_routes
from hearth.serve.keys import check_exposure
from hearth.serve.limits import Patience
from hearth.serve.making import making_routes
from hearth.serve.metrics import CountRequests, Metrics
from hearth.serve.native import native_routes
from hearth.serve.openai import openai_routes
from hearth.serve.plan import plan_routes
from hearth.serve.predictions import prediction_routes
from hearth.serve.replies import JsonResponse, install_error_answers
from hearth.serve.service import Service
from hearth.store.database import Database
from hearth.store.predictions import Predictions

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def create_api(
    engine: Engine,
    config: Config,
    *,
    local_token: str | None = None,
    jobs: Jobs | None = None,
    predictions: Predictions | None = None,
    database: Database | None = None,
    patience: Patience | None = None,
) -> FastAPI:
    """Return the app, guarded as a whole: what is mounted into it later is guarded too.

    Args:
        engine: What answers.
        config: Host, allowed host names, key, and where models lie.
        local_token: Second key, for this user's own programs; it also allows models by path.
        jobs: Long work; without it there are no routes for it.
        predictions: What was predicted and measured; without it there is no route for it.
        database: Keeps evidence and votes; without it there are no routes for them.
        patience: How long a request's body may take.

    Raises:
        SetupError: The host can be reached from elsewhere and no sufficient key is set.
    """
    check_exposure(config)
    metrics = Metrics()
    catalogue = Catalogue(Library(config))
    service = Service(engine=engine, catalogue=catalogue, metrics=metrics)
    app = FastAPI(
        title="Hearth",
        version=hearth.__version__,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    install_error_answers(app)
    app.include_router(openai_routes(service))
    app.include_router(native_routes(service))
    app.include_router(plan_routes(config))
    app.include_router(guide_routes(service, config, database))
    if jobs is not None:
        app.include_router(job_routes(jobs, config))
        app.include_router(making_routes(jobs, config))
    if predictions is not None:
        app.include_router(prediction_routes(predictions, config))
    if database is not None:
        app.include_router(evidence_routes(Ledger(database)))
        app.include_router(arena_routes(Arenas(config, database, engine)))
    _add_health_and_metrics(app, service)
    body_timeout_s = (patience or Patience()).body_s
    app.add_middleware(Guard, config=config, local_token=local_token, body_timeout_s=body_timeout_s)
    app.add_middleware(CountRequests, metrics=metrics)
    return app


def _add_health_and_metrics(app: FastAPI, service: Service) -> None:
    @app.get("/health", summary="Tell that the server lives", tags=["Operation"])
    async def health() -> Response:
        return JsonResponse({"status": "ok", "version": hearth.__version__})

    @app.get("/metrics", summary="Figures for Prometheus", tags=["Operation"])
    async def metrics() -> Response:
        page = service.metrics.page(await service.engine.status())
        return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.api_route("/v1/{rest:path}", methods=METHODS, include_in_schema=False)
    @app.api_route("/hearth/{rest:path}", methods=METHODS, include_in_schema=False)
    async def nothing_here(request: Request) -> Response:
        """Answer in the dialect's envelope where a mounted page would answer in HTML."""
        path = request.url.path
        for route in app.routes:
            if route.matches(request.scope)[0] is Match.PARTIAL:
                raise InvalidRequest(f"{path} has no {request.method}.", http_status=405)
        raise NotFound(f"There is nothing at {path}.")
