"""The guide over HTTP: topics for all, what is seen and kept for whom it belongs to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from hearth.guide import find, topics
from hearth.guide.paths import paths
from hearth.serve.app import create_api
from hearth.store.database import Database
from support.fake_engine import FakeEngine
from support.live import TOKEN, client_of, make_config

LOCAL = {"authorization": f"Bearer {TOKEN}"}
ANSWER = "Quantization stores weights with fewer bits. Bananas grow on the moon."


@pytest.fixture
async def http(database: Database, own_home) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api(
        FakeEngine(pieces=(ANSWER,)),
        make_config(own_home, model="fake"),
        local_token=TOKEN,
        database=database,
    )
    async with client_of(app) as client:
        yield client


async def test_topics_are_listed_and_found(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/hearth/guide/topics")).json()["topics"]
    assert [each["id"] for each in listed] == [topic.id for topic in topics()]
    shown = (await http.get("/hearth/guide/topics/quantizaton")).json()
    assert (shown["id"], shown["exact"]) == ("quantization", False)
    missing = await http.get("/hearth/guide/topics/zebra-crossing")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


async def test_a_search_is_ranked(http: httpx.AsyncClient) -> None:
    query = {"q": "what does Q4_K_M mean", "limit": 3}
    found = (await http.get("/hearth/guide/search", params=query)).json()["topics"]
    assert [len(found), found[0]["id"]] == [3, "quantization"]
    assert found[0]["score"] > found[1]["score"]


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * 501}, {"q": "x", "limit": 0}])
async def test_a_search_that_is_refused(
    http: httpx.AsyncClient, query: dict[str, str | int]
) -> None:
    refused = await http.get("/hearth/guide/search", params=query)
    assert refused.status_code in (400, 422)
    assert refused.json()["error"]["code"] == "invalid_request"


async def test_a_question_is_answered_from_topics(http: httpx.AsyncClient) -> None:
    asked = await http.post("/hearth/guide/ask", json={"question": "What is quantization?"})
    first, *rest = [json.loads(line) for line in asked.text.splitlines()]
    assert first["topics"][0]["id"] == "quantization"
    assert [line["sentence"]["topic"] for line in rest] == ["quantization", None]


async def test_a_question_that_no_topic_fits(http: httpx.AsyncClient) -> None:
    asked = await http.post("/hearth/guide/ask", json={"question": "zzzz qqqq"})
    assert asked.status_code == 404


async def test_a_model_that_is_not_here(http: httpx.AsyncClient) -> None:
    body = {"question": "What is quantization?", "model": "/etc/passwd"}
    asked = await http.post("/hearth/guide/ask", json=body)
    assert (asked.status_code, asked.json()["error"]["code"]) == (404, "model_not_found")


async def test_what_there_is_to_see(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/hearth/guide/demonstrations")).json()["demonstrations"]
    topic = find("what is an LLM").topic
    assert topic.demonstration is None or topic.id in listed[topic.demonstration]
    shown = await http.post("/hearth/guide/demonstrations/claim-refuted", json={}, headers=LOCAL)
    assert shown.status_code == 200, shown.text
    assert {part["kind"] for part in shown.json()["parts"]} == {"verdict"}
    missing = await http.post("/hearth/guide/demonstrations/merge", json={}, headers=LOCAL)
    assert missing.status_code == 404


async def test_steps_are_noted_and_taken_back(http: httpx.AsyncClient) -> None:
    http.headers.update(LOCAL)
    listed = (await http.get("/hearth/guide/paths")).json()["paths"]
    assert [each["id"] for each in listed] == [path.id for path in paths()]
    noted = (await http.put("/hearth/guide/paths/faster/steps/1")).json()
    assert (list(noted["done"]), noted["next"]) == (["measure-machine"], "limit")
    assert (await http.get("/hearth/guide/paths/faster")).json() == noted
    back = (await http.delete("/hearth/guide/paths/faster/steps/measure-machine")).json()
    assert back["done"] == {}
    assert (await http.get("/hearth/guide/paths/fastest")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "demonstrations/memory-hierarchy"),
        ("GET", "paths"),
        ("GET", "paths/faster"),
        ("PUT", "paths/faster/steps/1"),
        ("DELETE", "paths/faster/steps/1"),
    ],
)
async def test_what_is_seen_and_kept_is_for_its_owner(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    body = {"json": {}} if method == "POST" else {}
    refused = await http.request(method, f"/hearth/guide/{path}", **body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
