"""How predictions came out, over HTTP: for whom, and what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from hearth.config import load_config
from hearth.machine.keep import this_machine
from hearth.plan.accuracy import basis_of
from hearth.serve.app import create_api
from hearth.store.database import Database
from hearth.store.predicted import Part
from hearth.store.predictions import Predictions
from support.fake_engine import FakeEngine
from support.ledger import record
from support.live import TOKEN, client_of

LOCAL = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def ledger(database: Database) -> Predictions:
    found = Predictions(database)
    machine = this_machine(load_config())
    here = {"machine": machine.fingerprint, "basis": basis_of(machine)}
    for number in range(6):
        found.add(record(measured=80.0 + number, number=number, **here))
        found.add(record(Part.KV, predicted=1000.0, measured=1000.0, number=number, **here))
    found.add(record(measured=1.0, machine="another"))
    return found


@asynccontextmanager
async def client(
    ledger: Predictions, headers: dict[str, str] = LOCAL
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api(FakeEngine(), load_config(), local_token=TOKEN, predictions=ledger)
    async with client_of(app, **headers) as opened:
        yield opened


async def answer(ledger: Predictions, **query: Any) -> dict[str, Any]:
    async with client(ledger) as http:
        response = await http.get("/hearth/predictions", params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def test_bands_corrections_and_points_of_this_machine(ledger: Predictions) -> None:
    found = await answer(ledger, identity="pico", quantization="Q4_0")
    bands = {band["part"]: band for band in found["bands"]}
    assert set(bands) == {"decode", "kv"}
    assert bands["decode"]["bias"] == pytest.approx(0.825, rel=1e-3)
    assert (bands["kv"]["p90_error"], bands["kv"]["unit"]) == (0, "B")
    (correction,) = found["corrections"]
    assert correction["part"] == "decode"
    assert 0.8 < correction["factor"] < 0.9
    assert correction["text"].endswith("6 answers on this machine, 6 of this model")
    assert len(found["points"]) == 12
    assert found["points"][1]["measured"] == 85.0


async def test_points_of_one_part(ledger: Predictions) -> None:
    points = (await answer(ledger, part="decode"))["points"]
    assert {point["part"] for point in points} == {"decode"}
    assert points[0]["predicted"] == 100.0
    assert points[0]["unit"] == "tokens/s"


async def test_an_unknown_part_is_refused(ledger: Predictions) -> None:
    async with client(ledger) as http:
        for query in ({"part": "luck"}, {"portion": "decode"}):
            assert (await http.get("/hearth/predictions", params=query)).status_code == 400


async def test_strangers_learn_nothing(ledger: Predictions) -> None:
    async with client(ledger, {}) as http:
        response = await http.get("/hearth/predictions")
    assert response.status_code == 403
    assert response.json()["error"]["message"].startswith("What was predicted and measured is for")
