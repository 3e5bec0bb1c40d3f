"""The arena over HTTP: for whom, blind until the vote, and what it tells then."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hearth.config import load_config
from hearth.serve.app import create_api
from hearth.store.database import Database
from hearth.store.votes import Votes
from support.fake_engine import FakeEngine
from support.live import TOKEN, client_of
from support.pico import write_pico

LOCAL = {"authorization": f"Bearer {TOKEN}"}
BOTH = ["pico", "pico?temperature=0&name=secret"]


@pytest.fixture
def model(own_home: Path) -> str:
    """Put a model into the library, and return its name."""
    folder = load_config().models_dir
    folder.mkdir(parents=True)
    write_pico(folder / "pico.gguf")
    return "pico"


@asynccontextmanager
async def client(
    database: Database, headers: dict[str, str] = LOCAL, **settings: object
) -> AsyncIterator[httpx.AsyncClient]:
    config = load_config(**settings)
    app = create_api(FakeEngine(models=("pico",)), config, local_token=TOKEN, database=database)
    async with client_of(app, **headers) as opened:
        yield opened


async def opened(http: httpx.AsyncClient, **body: Any) -> str:
    response = await http.post("/hearth/arena", json={"contestants": BOTH, **body})
    assert response.status_code == 201, response.text
    return f"/hearth/arena/{response.json()['arena']['id']}"


async def test_from_a_pair_to_the_board(model: str, database: Database) -> None:
    async with client(database) as http:
        arena = await opened(http)
        response = await http.post(f"{arena}/pairs", json={"prompt": "Hello?"})
        assert response.status_code == 201
        assert "secret" not in response.text
        pair = response.json()["pair"]
        assert pair["prompt"]["messages"][0]["content"] == "Hello?"

        response = await http.get(f"{arena}/pairs/{pair['id']}/answers")
        assert "secret" not in response.text
        lines = [json.loads(line) for line in response.text.splitlines()]
        assert lines[-1] == {"done": True}
        left = "".join(
            line["text"] for line in lines if line.get("side") == "left" and "text" in line
        )
        assert left.startswith("Hello there")

        response = await http.post(f"{arena}/pairs/{pair['id']}/vote", json={"outcome": "left"})
        revealed = response.json()
        assert {revealed["left"]["name"], revealed["right"]["name"]} == {"pico", "secret"}
        board = (await http.get(f"{arena}/board")).json()["board"]
    assert board["num_votes"] == 1
    assert board["standings"][0]["contestant"]["name"] == revealed["left"]["name"]
    assert board["duels"][0]["label"] == "too early"
    assert Votes(database).get(revealed["vote"]["id"]).left_answer.text == left


async def test_the_same_arena_has_the_same_id(model: str, database: Database) -> None:
    async with client(database) as http:
        assert await opened(http) == await opened(http)
        assert await opened(http) != await opened(http, prompts=["conversation"])


async def test_a_second_vote_and_an_early_one_are_refused(model: str, database: Database) -> None:
    async with client(database) as http:
        arena = await opened(http)
        pair = (await http.post(f"{arena}/pairs", json={})).json()["pair"]["id"]
        vote = {"outcome": "tie"}
        assert (await http.post(f"{arena}/pairs/{pair}/vote", json=vote)).status_code == 400
        await http.get(f"{arena}/pairs/{pair}/answers")
        assert (await http.post(f"{arena}/pairs/{pair}/vote", json=vote)).status_code == 200
        assert (await http.post(f"{arena}/pairs/{pair}/vote", json=vote)).status_code == 404
        assert (await http.get(f"{arena}/pairs/{pair}/answers")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"contestants": ["pico"]}, 400),
        ({"contestants": ["pico", "pico"]}, 400),
        ({"contestants": ["pico", "no-such-model"]}, 404),
        ({"contestants": ["pico", "pico?warmth=1"]}, 400),
        ({"contestants": ["pico", "pico?temperature=hot"]}, 400),
        ({"contestants": BOTH, "prompts": ["typed"]}, 400),
        ({"contestants": BOTH, "judge": True}, 400),
    ],
)
async def test_what_makes_no_arena_is_refused(
    model: str, database: Database, body: dict[str, Any], status: int
) -> None:
    async with client(database) as http:
        response = await http.post("/hearth/arena", json=body)
    assert response.status_code == status, response.text
    assert response.json()["error"]["message"]


async def test_unknown_arenas_and_pairs_are_not_found(model: str, database: Database) -> None:
    async with client(database) as http:
        assert (await http.get("/hearth/arena/none/board")).status_code == 404
        arena = await opened(http)
        assert (await http.get(f"{arena}/pairs/none/answers")).status_code == 404


async def test_strangers_learn_nothing(model: str, database: Database) -> None:
    async with client(database, {}) as http:
        response = await http.post("/hearth/arena", json={"contestants": BOTH})
    assert response.status_code == 403


async def test_over_the_network_neither_files_nor_servers_take_part(
    model: str, database: Database
) -> None:
    path = str(load_config().models_dir / "pico.gguf")
    key = "k" * 40
    async with client(database, {"authorization": f"Bearer {key}"}, api_key=key) as http:
        for other, status in ((path, 404), ("http://127.0.0.1:1#m", 403)):
            body = {"contestants": ["pico", other]}
            response = await http.post("/hearth/arena", json=body)
            assert response.status_code == status, response.text
