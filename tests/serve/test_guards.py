"""Who may speak to the server (rows N6 to N12, N14): on every route, without exception."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from hearth.config import Config
from hearth.errors import SetupError
from hearth.serve.app import create_api
from support.fake_engine import FakeEngine
from support.live import TOKEN, client_of, make_app

KEY = "a-key-of-sufficient-length"

FOREIGN_HOSTS = (
    "evil.com",
    "",
    "evil.com:80",
    "127.0.0.1.evil.com",
    "localhost.evil.com",
    "localhost.",
    "127.0.0.2",
    "[::1%25eth0]",
    "[::1",
    "localhost:80:80",
    "localhost:x",
    "xn--lcalhost-54a",
    "user@localhost",
)
FOREIGN_ORIGINS = (
    "null",
    "",
    "http://evil.com",
    "http://localhost:9999",
    "https://localhost.evil.com",
    "chrome-extension://abcdef",
    "file://",
    "http://[",
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Return the API with a mounted page and a websocket, as the web face adds them."""
    app = make_app(FakeEngine(), tmp_path_factory.mktemp("home"))

    async def page(scope: object, receive: object, send: object) -> None:
        raise AssertionError("the guard let a request pass")

    app.router.routes.append(WebSocketRoute("/socket", page))
    app.mount("/pages", page)
    return app


def addresses(routes: list[BaseRoute]) -> list[tuple[str, str]]:
    """Return every method and path that an app answers."""
    found = []
    for route in routes:
        if isinstance(route, Route):
            path = route.path.replace("{model:path}", "fake").replace("{rest:path}", "rest")
            found += [(method, path) for method in route.methods or ()]
        elif isinstance(route, Mount):
            found += [(method, f"{route.path}/any") for method in ("GET", "POST")]
        elif hasattr(route, "original_router"):
            found += addresses(route.original_router.routes)
    return found


def test_there_are_addresses_to_check(app: FastAPI) -> None:
    paths = {path for _, path in addresses(app.routes)}
    assert {"/v1/chat/completions", "/v1/models/fake", "/hearth/generate", "/metrics"} <= paths


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_foreign_host_is_refused_everywhere(app: FastAPI, host: str) -> None:
    async with client_of(app) as client:
        for method, path in addresses(app.routes):
            response = await client.request(method, path, headers={"host": host})
            assert response.status_code == 403, (method, path)


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_foreign_origin_is_refused_everywhere(app: FastAPI, origin: str) -> None:
    async with client_of(app) as client:
        for method, path in addresses(app.routes):
            response = await client.request(method, path, headers={"origin": origin})
            assert response.status_code == 403, (method, path)
            assert "access-control-allow-origin" not in response.headers


async def test_cross_site_form_without_origin_is_refused(app: FastAPI) -> None:
    async with client_of(app, **{"sec-fetch-site": "cross-site"}) as client:
        assert (await client.post("/v1/completions", content="x=1")).status_code == 403
        assert (await client.get("/health")).status_code == 200  # a link from another page


@pytest.mark.parametrize("headers", [{}, *({"origin": origin} for origin in FOREIGN_ORIGINS)])
def test_foreign_websocket_is_refused_at_the_handshake(
    app: FastAPI, headers: dict[str, str]
) -> None:
    with (
        TestClient(app, base_url="http://localhost") as client,
        pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)),
        client.websocket_connect("/socket", headers=headers),
    ):
        pass


async def test_two_hosts_are_refused(app: FastAPI) -> None:
    async with client_of(app) as client:
        headers = [("host", "localhost"), ("host", "evil.com")]
        assert (await client.get("/health", headers=headers)).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:11711", "[::1]:11711"])
async def test_own_names_and_own_origin_pass(app: FastAPI, host: str) -> None:
    async with client_of(app) as client:
        headers = {"host": host, "origin": f"http://{host.lower()}"}
        assert (await client.get("/health", headers=headers)).status_code == 200


async def test_allowed_hosts_pass_and_proxies_are_not_believed(own_home: Path) -> None:
    app = make_app(FakeEngine(), own_home, allowed_hosts=["hearth.home"])
    async with client_of(app) as client:
        assert (await client.get("/health", headers={"host": "Hearth.Home"})).status_code == 200
        forwarded = {"host": "evil.com", "x-forwarded-host": "hearth.home"}
        assert (await client.get("/health", headers=forwarded)).status_code == 403


async def test_no_cross_origin_permission_is_ever_given(app: FastAPI) -> None:
    headers = {"origin": "http://localhost", "access-control-request-method": "POST"}
    async with client_of(app) as client:
        response = await client.options("/v1/chat/completions", headers=headers)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_security_headers_are_on_every_answer(app: FastAPI) -> None:
    async with client_of(app) as client:
        for path in ("/health", "/v1/nothing", "/metrics"):
            headers = (await client.get(path)).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"


# --- keys -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return make_app(FakeEngine(), tmp_path_factory.mktemp("home"), api_key=KEY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": KEY},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic " + base64.b64encode(b"user:wrong").decode()},
        {"cookie": "hearth_session=x"},
        {"cookie": 'hearth_session="\\'},
    ],
)
async def test_missing_or_wrong_key_is_refused_everywhere(
    locked: FastAPI, headers: dict[str, str]
) -> None:
    async with client_of(locked, **headers) as client:
        for method, path in addresses(locked.routes):
            response = await client.request(method, f"{path}?api_key={KEY}")
            if path != "/health":
                assert response.status_code == 401, (method, path)
                assert "www-authenticate" in response.headers


@pytest.mark.parametrize("key", [KEY, TOKEN])
async def test_right_key_is_accepted(locked: FastAPI, key: str) -> None:
    async with client_of(locked, authorization=f"Bearer {key}") as client:
        assert (await client.get("/v1/models")).status_code == 200


async def test_browser_sends_the_key_once(locked: FastAPI) -> None:
    async with client_of(locked, accept="text/html") as client:
        asked = await client.get("/v1/models")
        assert asked.headers["www-authenticate"].startswith("Basic")
        answered = await client.get("/v1/models", auth=("", KEY))
        assert "HttpOnly; SameSite=Strict" in answered.headers["set-cookie"]
        assert (await client.get("/v1/models")).status_code == 200  # by the cookie


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "hearth.home"])
@pytest.mark.parametrize("key", [None, "", "short"])
def test_exposed_host_without_a_real_key_is_refused(
    own_home: Path, host: str, key: str | None
) -> None:
    with pytest.raises(SetupError) as caught:
        create_api(FakeEngine(), Config(host=host, api_key=key))
    suggestion = caught.value.hint.removeprefix("export HEARTH_API_KEY=")
    assert len(suggestion) >= 22
    assert create_api(FakeEngine(), Config(host=host, api_key=suggestion))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_loopback_needs_no_key(own_home: Path, host: str) -> None:
    assert create_api(FakeEngine(), Config(host=host))


async def test_host_that_is_bound_to_is_answered(own_home: Path) -> None:
    app = make_app(FakeEngine(), own_home, host="192.168.1.5", api_key=KEY)
    async with client_of(app) as client:
        assert (await client.get("/health", headers={"host": "192.168.1.5:1"})).status_code == 200
        assert (await client.get("/health", headers={"host": "192.168.1.6"})).status_code == 403


def test_httpx_keeps_two_hosts_apart() -> None:
    """The test above about two Host headers relies on this."""
    request = httpx.Request("GET", "http://x", headers=[("host", "a"), ("host", "b")])
    assert request.headers.get_list("host") == ["a", "b"]
