"""Long work over HTTP: who may begin it, how it is watched, stopped and gone on with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from hearth.jobs import Jobs, open_jobs
from hearth.serve.app import create_api
from hearth.store.database import Database
from support.fake_engine import FakeEngine
from support.hub_server import hub_server
from support.live import TOKEN, client_of, live
from support.pulls import REPO, Rig, make_rig, some_bytes

KEY = "a-key-of-sufficient-length"
LOCAL = {"authorization": f"Bearer {TOKEN}"}
REMOTE = {"authorization": f"Bearer {KEY}"}
REFERENCE = f"hf:{REPO}"


@pytest.fixture
def rig(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with hub_server() as server:
        rig = make_rig(server, own_home, monkeypatch)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield rig


@pytest.fixture
def pico(pico_path: Path) -> bytes:
    return pico_path.read_bytes()


@pytest.fixture
def jobs(rig: Rig, database: Database) -> Iterator[Jobs]:
    opened = open_jobs(database, rig.config)
    yield opened
    opened.close()


@asynccontextmanager
async def client(rig: Rig, jobs: Jobs, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    config = rig.config.model_copy(update=settings)
    app = create_api(FakeEngine(), config, local_token=TOKEN, jobs=jobs)
    async with client_of(app, **LOCAL) as opened:
        yield opened


async def lines(client: httpx.AsyncClient, job_id: str) -> list[dict[str, Any]]:
    response = await client.get(f"/hearth/jobs/{job_id}/events")
    assert response.status_code == 200
    return [json.loads(line)["job"] for line in response.text.splitlines()]


async def test_a_pull_is_begun_watched_and_then_listed(rig: Rig, jobs: Jobs, pico: bytes) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": pico})
    async with client(rig, jobs) as http:
        begun = await http.post("/hearth/pull", json={"reference": REFERENCE})
        assert begun.status_code == 202
        job = begun.json()["job"]
        last = (await lines(http, job["id"]))[-1]
        assert last["state"] == "done", last
        assert last["done"] == last["total"] == len(pico)
        assert last["result"]["path"].endswith("/tiny-Q8_0.gguf")
        assert (await http.get(f"/hearth/jobs/{job['id']}")).json()["job"] == last
        assert (await http.get("/hearth/jobs")).json()["jobs"] == [last]
        models = (await http.get("/v1/models")).json()["data"]
    (found,) = [model for model in models if model["id"] == last["result"]["name"]]
    assert found["hearth"]["architecture"] == "llama"
    assert found["hearth"]["source"] == "hub cache"
    assert found["hearth"]["is_verified"]


async def test_a_dry_run_answers_with_the_plan(rig: Rig, jobs: Jobs) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": some_bytes(5000)})
    async with client(rig, jobs) as http:
        answer = await http.post("/hearth/pull", json={"reference": REFERENCE, "dry_run": True})
    plan = answer.json()["plan"]
    assert (plan["to_fetch_bytes"], plan["files"][0]["name"]) == (5000, "tiny-Q8_0.gguf")
    assert rig.server.sent_bytes() == 0
    assert jobs.list() == []


async def test_a_pull_is_stopped_and_gone_on_with(rig: Rig, jobs: Jobs) -> None:
    data = some_bytes(8 << 20)
    rig.server.add(REPO, {"tiny-Q8_0.gguf": data})
    rig.server.bytes_per_s = 1 << 20
    async with client(rig, jobs) as http:
        job = (await http.post("/hearth/pull", json={"reference": REFERENCE})).json()["job"]
        again = await http.post("/hearth/pull", json={"reference": REFERENCE})
        assert again.json()["job"]["id"] == job["id"]
        async with asyncio.timeout(30):
            while rig.server.sent_bytes() < 6 << 20:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await http.delete(f"/hearth/jobs/{job['id']}")).status_code == 200
        stopped = (await lines(http, job["id"]))[-1]
        assert stopped["state"] == "cancelled"
        assert "what has come is kept" in stopped["error"]["message"]
        rig.server.bytes_per_s = None
        resumed = await http.post(f"/hearth/jobs/{job['id']}/resume")
        assert resumed.status_code == 202
        last = (await lines(http, resumed.json()["job"]["id"]))[-1]
    assert last["state"] == "done", last
    assert rig.server.sent_bytes() < len(data) + (4 << 20)


async def test_a_failure_is_said_in_the_job(rig: Rig, jobs: Jobs) -> None:
    async with client(rig, jobs) as http:
        job = (await http.post("/hearth/pull", json={"reference": REFERENCE})).json()["job"]
        last = (await lines(http, job["id"]))[-1]
    assert (last["state"], last["error"]["code"]) == ("failed", "model_not_found")


async def test_who_has_proven_nothing_may_do_nothing(rig: Rig, jobs: Jobs) -> None:
    async with client(rig, jobs) as http:
        del http.headers["authorization"]
        for method, path in (
            ("POST", "/hearth/pull"),
            ("POST", "/hearth/try"),
            ("GET", "/hearth/jobs"),
            ("GET", "/hearth/jobs/x"),
            ("GET", "/hearth/jobs/x/events"),
            ("POST", "/hearth/jobs/x/resume"),
            ("DELETE", "/hearth/jobs/x"),
        ):
            refused = await http.request(method, path, json={"reference": REFERENCE})
            assert refused.status_code == 403, (method, path)
            assert refused.json()["error"]["code"] == "not_allowed"
        foreign = await http.post("/hearth/pull", headers={**LOCAL, "origin": "http://evil.com"})
        assert foreign.status_code == 403
    assert jobs.list() == []
    assert rig.server.asked == []


async def test_a_holder_of_the_key_may_pull_but_learns_no_path(rig: Rig, jobs: Jobs) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": some_bytes(5000)})
    async with client(rig, jobs, api_key="") as http:
        http.headers.update(REMOTE)
        assert (await http.get("/hearth/jobs")).status_code == 403
    config = type(rig.config)(home=rig.config.home, api_key=KEY, other_programs=False)
    app = create_api(FakeEngine(), config, local_token=TOKEN, jobs=jobs)
    async with client_of(app, **REMOTE) as http:
        body = {"reference": REFERENCE, "dry_run": True}
        shown = await http.post("/hearth/pull", json=body)
        job = (await http.post("/hearth/pull", json={"reference": REFERENCE})).json()["job"]
        last = (await lines(http, job["id"]))[-1]
    assert last["state"] == "done", last
    assert set(last["result"]) == {"name", "size_bytes"}
    assert str(rig.config.home) not in shown.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/files/x", "https://127.0.0.1/x"])
async def test_an_address_from_the_network_may_not_lead_inside(
    rig: Rig, jobs: Jobs, url: str
) -> None:
    """R-05: what the user's own programs may name, a caller over the network may not."""
    rig.server.files["x"] = some_bytes(5000)
    reference = url.format(port=rig.server.url.rpartition(":")[2])
    config = type(rig.config)(home=rig.config.home, api_key=KEY, other_programs=False)
    app = create_api(FakeEngine(), config, local_token=TOKEN, jobs=jobs)
    async with client_of(app, **REMOTE) as http:
        body = {"reference": reference, "dry_run": True}
        refused = await http.post("/hearth/pull", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "address_refused")
        job = (await http.post("/hearth/pull", json={"reference": reference})).json()["job"]
        assert (await lines(http, job["id"]))[-1]["error"]["code"] == "address_refused"
    assert rig.server.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reference": ""},
        {"reference": "x" * 3000},
        {"reference": 7},
        {"reference": REFERENCE, "to": "/etc"},
        {"reference": REFERENCE, "max_bytes_per_s": 0},
        {"reference": REFERENCE, "max_bytes_per_s": "fast"},
        {"reference": REFERENCE, "allow_large": "yes"},
    ],
)
async def test_bad_bodies_are_refused(rig: Rig, jobs: Jobs, body: dict[str, Any]) -> None:
    async with client(rig, jobs) as http:
        assert (await http.post("/hearth/pull", json=body)).status_code in (400, 422)
    assert jobs.list() == []


async def test_unknown_jobs_are_not_found(rig: Rig, jobs: Jobs) -> None:
    async with client(rig, jobs) as http:
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/resume"), ("DELETE", "")):
            answer = await http.request(method, f"/hearth/jobs/{'0' * 32}{path}")
            assert answer.status_code == 404, (method, path)


async def test_who_stops_watching_does_not_stop_the_job(rig: Rig, jobs: Jobs) -> None:
    data = some_bytes(4 << 20)
    rig.server.add(REPO, {"tiny-Q8_0.gguf": data})
    rig.server.bytes_per_s = 1 << 20
    app = create_api(FakeEngine(), rig.config, local_token=TOKEN, jobs=jobs)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(live(app, rig.config))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=LOCAL))
        job = (await http.post("/hearth/pull", json={"reference": REFERENCE})).json()["job"]
        async with http.stream("GET", f"/hearth/jobs/{job['id']}/events") as stream:
            await anext(stream.aiter_lines())
        assert (await lines(http, job["id"]))[-1]["state"] == "done"


async def test_the_openai_client_reads_the_list_with_its_facts(
    rig: Rig, jobs: Jobs, pico: bytes
) -> None:
    (rig.config.models_dir / "mine.gguf").write_bytes(pico)
    app = create_api(FakeEngine(), rig.config, local_token=TOKEN, jobs=jobs)
    async with (
        live(app, rig.config) as url,
        openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=TOKEN) as client,
    ):
        listed = [model async for model in await client.models.list()]
        shown = await client.models.retrieve("mine")
    (mine,) = [model for model in listed if model.id == "mine"]
    facts = (mine.model_extra or {})["hearth"]
    assert (facts["format"], facts["context_length"]) == ("gguf", 512)
    card = (shown.model_extra or {})["hearth"]["card"]
    assert (card["num_layers"], card["num_kv_heads"]) == (2, 2)
    assert str(rig.config.home) not in str(shown)


TRIED = {"context": 256, "prompt_tokens": 16, "repeats": 1}


@pytest.mark.tiny
async def test_a_model_is_tried_as_a_job(rig: Rig, jobs: Jobs, pico_path: Path) -> None:
    async with client(rig, jobs) as http:
        begun = await http.post("/hearth/try", json={"model": str(pico_path), **TRIED})
        assert begun.status_code == 202
        seen = await lines(http, begun.json()["job"]["id"])
    assert seen[-1]["state"] == "done", seen[-1]
    assert seen[-1]["kind"] == "try"
    result = seen[-1]["result"]
    assert (result["whole"]["how"], result["where"]) == ("measured", str(pico_path))
    assert result["whole"]["decodes"][0]["tokens_per_s"]["value"] > 0


async def test_a_holder_of_the_key_may_try_no_path_and_no_server(
    rig: Rig, jobs: Jobs, pico: bytes, pico_path: Path
) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": pico})
    config = type(rig.config)(home=rig.config.home, api_key=KEY, other_programs=False)
    app = create_api(FakeEngine(), config, local_token=TOKEN, jobs=jobs)
    async with client_of(app, **REMOTE) as http:
        for model in (str(pico_path), REFERENCE):
            begun = await http.post("/hearth/try", json={"model": model, **TRIED})
            last = (await lines(http, begun.json()["job"]["id"]))[-1]
            assert (last["state"], last["error"]["code"]) == ("failed", "model_not_found")
    assert rig.server.asked == []


@pytest.mark.parametrize(
    "body",
    [{}, {"model": ""}, {"model": "x", "users": 0}, {"model": "x", "layers": 1}, {"model": 7}],
)
async def test_bad_tries_are_refused(rig: Rig, jobs: Jobs, body: dict[str, Any]) -> None:
    async with client(rig, jobs) as http:
        assert (await http.post("/hearth/try", json=body)).status_code in (400, 422)
    assert jobs.list() == []
