"""Evidence over HTTP: for whom, and what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from hearth.config import load_config
from hearth.measure.evidence import Ledger, Record
from hearth.measure.evidence.cards import read_card
from hearth.serve.app import create_api
from hearth.store.database import Database
from support.evidence import ITEMS, draft
from support.fake_engine import FakeEngine
from support.live import TOKEN, client_of

LOCAL = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def kept(database: Database) -> list[Record]:
    ledger = Ledger(database)
    return [ledger.add(draft(items=ITEMS)), ledger.add(draft(1, kind="truth", value=20.0))]


@asynccontextmanager
async def client(
    database: Database, headers: dict[str, str] = LOCAL
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api(FakeEngine(), load_config(), local_token=TOKEN, database=database)
    async with client_of(app, **headers) as opened:
        yield opened


async def answer(database: Database, path: str = "", **query: Any) -> dict[str, Any]:
    async with client(database) as http:
        response = await http.get(f"/hearth/evidence{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def test_records_are_listed_and_chosen(database: Database, kept: list[Record]) -> None:
    found = await answer(database)
    assert [record["id"] for record in found["records"]] == [kept[1].id, kept[0].id]
    assert found["damaged"] == []
    assert found["records"][1]["summary"]["decode"]["value"] == 57.3
    for query, expected in (
        ({"kind": "truth"}, [kept[1].id]),
        ({"limit": 1}, [kept[1].id]),
        ({"subject": "nobody"}, []),
        ({"text": "test cpu"}, [kept[1].id, kept[0].id]),
    ):
        chosen = await answer(database, **query)
        assert [record["id"] for record in chosen["records"]] == expected


async def test_a_record_is_shown_with_its_items(database: Database, kept: list[Record]) -> None:
    found = await answer(database, f"/{kept[0].id[:6]}")
    assert found["digest"] == kept[0].digest
    assert len(found["items"]["rows"]) == 2


async def test_two_are_compared(database: Database, kept: list[Record]) -> None:
    found = await answer(database, f"/{kept[0].id}/diff/{kept[1].id}")
    assert found["verdict"] == "differs"
    assert found["differences"]["kind"] == ["speed", "truth"]


async def test_the_ledger_is_checked(database: Database, kept: list[Record]) -> None:
    found = await answer(database, "/verify")
    assert (found["is_sound"], found["num_records"]) == (True, 2)
    assert found["end"] == kept[1].digest


@pytest.mark.parametrize(
    ("form", "media"),
    [("md", "text/markdown"), ("json", "application/json"), ("svg", "image/svg+xml")],
)
async def test_cards_are_exported(
    database: Database, kept: list[Record], form: str, media: str
) -> None:
    async with client(database) as http:
        response = await http.get(f"/hearth/evidence/{kept[0].id}/card", params={"format": form})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(media)
    assert f'evidence-{kept[0].id}.{form}"' in response.headers["content-disposition"]
    assert read_card(response.content).record.digest == kept[0].digest


async def test_what_is_wrong_is_refused(database: Database, kept: list[Record]) -> None:
    async with client(database) as http:
        for path, status in (
            ("?limit=0", 400),
            ("?color=red", 400),
            ("/xyz", 400),
            ("/0123456789", 404),
            (f"/{kept[0].id}/card?format=pdf", 400),
        ):
            response = await http.get(f"/hearth/evidence{path}")
            assert response.status_code == status, path
            assert response.json()["error"]["message"]


async def test_it_is_for_the_users_own_programs(database: Database, kept: list[Record]) -> None:
    async with client(database, headers={}) as http:
        for path in ("", "/verify", f"/{kept[0].id}", f"/{kept[0].id}/card"):
            assert (await http.get(f"/hearth/evidence{path}")).status_code == 403
