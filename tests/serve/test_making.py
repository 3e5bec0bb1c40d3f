"""Quantizing and measuring over HTTP: who may, what comes back, and where it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from hearth.config import Config, ensure_home, load_config
from hearth.jobs import Jobs, open_jobs
from hearth.serve.app import create_api
from hearth.store.database import Database
from support.fake_engine import FakeEngine
from support.live import TOKEN, client_of

KEY = "a-key-of-sufficient-length"
LOCAL = {"authorization": f"Bearer {TOKEN}"}
REMOTE = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def config(own_home: Path) -> Config:
    found = load_config(api_key=KEY)
    ensure_home(found)
    return found


@pytest.fixture
def jobs(database: Database, config: Config) -> Iterator[Jobs]:
    with closing(open_jobs(database, config)) as opened:
        yield opened


@asynccontextmanager
async def client(
    config: Config, jobs: Jobs, headers: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api(FakeEngine(), config, local_token=TOKEN, jobs=jobs)
    async with client_of(app, **headers) as opened:
        yield opened


async def ended(jobs: Jobs, job_id: str) -> Any:
    async for job in jobs.changes(job_id):
        last = job
    return last


@pytest.mark.tiny
async def test_a_model_is_planned_and_made(config: Config, jobs: Jobs, pico_path: Path) -> None:
    body = {"model": str(pico_path), "quantization": "q4_0"}
    async with client(config, jobs, LOCAL) as http:
        plan = (await http.post("/hearth/quantize", json={**body, "dry_run": True})).json()["plan"]
        assert (plan["name"], plan["quantization"]) == ("pico-Q4_0", "Q4_0")
        begun = await http.post("/hearth/quantize", json=body)
    assert begun.status_code == 202
    last = await ended(jobs, begun.json()["job"]["id"])
    assert last.result["name"] == "pico-Q4_0"


async def test_a_holder_of_the_key_may_name_no_path(
    config: Config, jobs: Jobs, pico_path: Path
) -> None:
    body = {"model": str(pico_path), "quantization": "Q4_0", "dry_run": True}
    async with client(config, jobs, REMOTE) as http:
        assert (await http.post("/hearth/quantize", json=body)).status_code == 404


async def test_measuring_is_for_ones_own_programs(config: Config, jobs: Jobs) -> None:
    body = {"bench": "beauty", "target": "starter", "arguments": {}}
    async with client(config, jobs, REMOTE) as http:
        assert (await http.post("/hearth/bench", json=body)).status_code == 403
    async with client(config, jobs, LOCAL) as http:
        refused = await http.post("/hearth/bench", json=body)
        assert refused.status_code == 400
        assert "quants" in refused.text
        body["bench"] = "quants"
        refused = await http.post("/hearth/bench", json=body)
        assert refused.status_code == 400
        assert "`model`" in refused.text
        body["arguments"] = {"model": "no such model"}
        begun = await http.post("/hearth/bench", json=body)
    assert begun.status_code == 202
    last = await ended(jobs, begun.json()["job"]["id"])
    assert "no such model" in last.error["message"]


@pytest.mark.parametrize("path", ["/hearth/quantize", "/hearth/bench"])
async def test_strangers_and_unknown_fields_are_refused(
    config: Config, jobs: Jobs, path: str
) -> None:
    async with client(config, jobs, {}) as http:
        assert (await http.post(path, json={})).status_code in (401, 403)
    async with client(config, jobs, LOCAL) as http:
        assert (await http.post(path, json={"modle": "x"})).status_code in (400, 422)
