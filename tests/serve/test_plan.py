"""Plans over HTTP: the same answers as on the command line, and who may name what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hearth.config import Config
from hearth.serve.app import create_api
from support.fake_engine import FakeEngine
from support.live import TOKEN, client_of

KEY = "a-key-of-sufficient-length"
LOCAL = {"authorization": f"Bearer {TOKEN}"}
REMOTE = {"authorization": f"Bearer {KEY}"}
MACHINE = "RTX 4090 + 64 GB DDR5-6000 x2"
MODEL = "llama 3.1 8b"


@pytest.fixture
async def client(own_home: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api(FakeEngine(), Config(home=own_home, api_key=KEY), local_token=TOKEN)
    async with client_of(app, **LOCAL) as opened:
        yield opened


async def test_a_plan_is_answered_with_its_parts(client: httpx.AsyncClient) -> None:
    body = {"model": MODEL, "machine": MACHINE, "quantization": "Q4_K_M", "users": 2}
    response = await client.post("/hearth/plan", json=body)
    assert response.status_code == 200
    plan = response.json()
    assert (plan["verdict"], plan["fits"]) == ("fits", True)
    assert plan["settings"]["users"] == 2
    gpu, host = plan["devices"]
    assert (gpu["kind"], host["kind"]) == ("gpu", "cpu")
    assert gpu["total_bytes"] <= gpu["budget_bytes"]
    assert plan["speeds"]["decode"]["limit"] == "memory bandwidth of NVIDIA GeForce RTX 4090"
    assert plan["choices"]["quantization"] == {"value": "Q4_K_M", "reason": "as asked"}
    assert {each["kind"] for each in plan["alternatives"]} >= {"quantization", "context", "split"}


async def test_too_large_is_an_answer(client: httpx.AsyncClient) -> None:
    body = {"model": "llama 3.1 405b", "machine": "16 GB DDR5-5600 x2"}
    response = await client.post("/hearth/plan", json=body)
    assert response.status_code == 200
    assert response.json()["verdict"] == "too large"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"model": MODEL, "quant": "Q4_0"}, 400, "quant"),
        ({"machine": MACHINE}, 400, "model"),
        ({"model": MODEL, "machine": "a toaster"}, 400, "toaster"),
        ({"model": MODEL, "machine": MACHINE, "context": 10**7}, 400, "131,072"),
        ({"model": MODEL, "machine": MACHINE, "quantization": "Q9"}, 400, "Q9"),
        ({"model": MODEL, "machine": MACHINE, "kv_type": "q9_9"}, 400, "q9_9"),
        ({"model": MODEL, "machine": MACHINE, "users": 0}, 400, "users"),
        ({"model": "no such model"}, 404, "no such model"),
    ],
)
async def test_bad_input_gets_the_houses_envelope(
    client: httpx.AsyncClient, body: dict[str, object], status: int, said: str
) -> None:
    response = await client.post("/hearth/plan", json=body)
    assert response.status_code == status
    assert said in response.json()["error"]["message"]


async def test_the_network_names_neither_files_nor_servers(
    client: httpx.AsyncClient, pico_path: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text("{}", "utf-8")
    for body in (
        {"model": str(pico_path), "machine": MACHINE},
        {"model": "https://127.0.0.1:9/model.gguf", "machine": MACHINE},
        {"model": MODEL, "machine": str(profile)},
    ):
        response = await client.post("/hearth/plan", json=body, headers=REMOTE)
        assert response.status_code in (400, 404), body
    trusted = await client.post("/hearth/plan", json={"model": str(pico_path), "machine": MACHINE})
    assert trusted.json()["verdict"] == "fits"


async def test_what_a_machine_can_run(client: httpx.AsyncClient) -> None:
    query = {"machine": "64 GB DDR5-6000 x2", "context": "4096", "min_speed": "20"}
    response = await client.get("/hearth/can-run", params=query)
    assert response.status_code == 200
    found = response.json()
    assert (found["context"], found["min_speed"]) == (4096, 20)
    assert [row["size"] for row in found["rows"]][::3] == ["tiny", "small", "medium", "enterprise"]
    for row in found["rows"]:
        marked = [cell for cell in row["cells"] if cell["sensible"]]
        assert all(cell["runs"] and cell["tokens_per_s"]["likely"] >= 20 for cell in marked)


@pytest.mark.parametrize("query", ["speed=5", "context=many", "machine=a&machine=b"])
async def test_an_odd_query_is_refused(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/hearth/can-run?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["message"]
