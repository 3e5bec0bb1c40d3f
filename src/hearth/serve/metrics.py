"""Figures for Prometheus: what was asked, what was answered, how long it took.

Each app has a registry of its own, so that two apps in one process never share a counter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hearth.core import Delta, Finished, GenerateEvent, ModelState, ModelStatus
from hearth.errors import HearthError
from hearth.serve.choices import Events

FIRST_TOKEN_BUCKETS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
BETWEEN_TOKENS_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5)


class Metrics:
    """The counters and histograms of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hearth_requests",
            "Requests by route and status.",
            ("route", "status"),
            registry=self.registry,
        )
        self.tokens = Counter(
            "hearth_tokens",
            "Tokens read (prompt), of these not computed again (cached), and written (completion); "
            "guesses computed with them (drafted), and the right ones among these (accepted).",
            ("kind",),
            registry=self.registry,
        )
        self.answers = Counter(
            "hearth_answers", "Answers by how they ended.", ("end",), registry=self.registry
        )
        self.first_token = Histogram(
            "hearth_first_token_seconds",
            "From a request's arrival to the first piece of its answer.",
            buckets=FIRST_TOKEN_BUCKETS_S,
            registry=self.registry,
        )
        self.between_tokens = Histogram(
            "hearth_between_tokens_seconds",
            "Time between two pieces of an answer.",
            buckets=BETWEEN_TOKENS_BUCKETS_S,
            registry=self.registry,
        )

    def count_request(self, route: str, status: int) -> None:
        """Count a request that has been answered."""
        self.requests.labels(route, str(status)).inc()

    async def watched(self, source: Events) -> Events:
        """Pass an answer's events on and take its figures, however it ends."""
        watch = AnswerWatch(self)
        try:
            async with aclosing(source) as events:
                async for event in events:
                    watch.see(event)
                    yield event
        except HearthError as error:
            watch.end = error.code
            raise
        finally:
            self.answers.labels(watch.end).inc()

    def page(self, models: Sequence[ModelStatus]) -> bytes:
        """Return everything in Prometheus' text format, with the models as they are now."""
        return generate_latest(self.registry) + generate_latest(_registry_of(models))


class AnswerWatch:
    """Takes the times of one answer as its events pass by."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._last_s = time.perf_counter()
        self._any_text = False
        self.end = "aborted"

    def see(self, event: GenerateEvent) -> None:
        """Take note of the next event."""
        if isinstance(event, Delta):
            now_s = time.perf_counter()
            times = self._metrics.between_tokens if self._any_text else self._metrics.first_token
            times.observe(now_s - self._last_s)
            self._any_text, self._last_s = True, now_s
        elif isinstance(event, Finished):
            self.end = event.reason.value
            usage = event.usage
            tokens = self._metrics.tokens
            tokens.labels("prompt").inc(usage.prompt_tokens)
            tokens.labels("cached").inc(usage.cached_tokens)
            tokens.labels("completion").inc(usage.completion_tokens)
            tokens.labels("drafted").inc(usage.drafted_tokens)
            tokens.labels("accepted").inc(usage.accepted_tokens)


class CountRequests:
    """ASGI wrapper that counts every request by its route's template, never by its path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0  # stays 0 where the client left before an answer began

        async def watch_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch_status)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count_request(route, status)


_GAUGES: dict[str, tuple[str, Callable[[ModelStatus], float]]] = {
    "ready": ("1 when the model can answer.", lambda model: model.state is ModelState.READY),
    "running": ("Sequences that are computed now.", lambda model: model.running),
    "waiting": ("Requests in the queue.", lambda model: model.waiting),
    "cells_used": ("Cells of the context pool in use.", lambda model: model.cells_used),
    "cells": ("Cells of the context pool.", lambda model: model.cells),
    "restored_tokens": (
        "Tokens that came from the prefix cache's disk since it was loaded.",
        lambda model: model.restored_tokens,
    ),
    "resident_bytes": ("Resident memory of the worker.", lambda model: model.resident_bytes),
}


class _Models(Collector):
    def __init__(self, models: Sequence[ModelStatus]) -> None:
        self._models = models

    def collect(self) -> Iterable[Metric]:
        """Yield one family for each figure, with a value for each model."""
        for name, (text, value) in _GAUGES.items():
            family = GaugeMetricFamily(f"hearth_model_{name}", text, labels=("model",))
            for model in self._models:
                family.add_metric((model.name,), value(model))
            yield family
        restarts = CounterMetricFamily(
            "hearth_model_restarts", "Restarts of the worker after a crash.", labels=("model",)
        )
        for model in self._models:
            restarts.add_metric((model.name,), model.restarts)
        yield restarts


def _registry_of(models: Sequence[ModelStatus]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Models(models))
    return registry
