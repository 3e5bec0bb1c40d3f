"""A real server process and a real Chromium, shared by the browser tests of a run."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from support.browser import require_browser
from support.pico import write_pico
from support.web_server import WebServer, web_server

QUIET_BROWSER = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
PATIENCE_MS = 60_000  # with a page on a busy machine
AXE = "axe-core@4.11.1"

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last: from their first one on, this thread has a running event loop.

    It belongs to Playwright's synchronous interface, and no test that needs a loop of its own, as
    all asynchronous tests do, can run beside it.
    Several test processes keep the order if they are told to (`--no-loadscope-reorder`).
    """
    items.sort(key=lambda item: item.get_closest_marker("web") is not None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Serve a pico model: random bytes, but real, and slow and endless enough to be watched."""
    home = tmp_path_factory.mktemp("web-home")
    (home / "models").mkdir()
    shape = {"num_layers": 12, "width": 192, "num_heads": 6, "feed_forward": 512}
    write_pico(home / "models" / "pico.gguf", context=8192, endless=True, **shape)
    with web_server(home, "pico") as one:
        yield one


@pytest.fixture(scope="session")
def starter_server(
    tmp_path_factory: pytest.TempPathFactory, starter_path: Path
) -> Iterator[WebServer]:
    """Serve the starter model, as `hearth up` does after the set-up."""
    with web_server(tmp_path_factory.mktemp("starter-home"), "starter") as one:
        yield one


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a Chromium, or skip the browser tier where there is none."""
    path = require_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET_BROWSER.split())
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages whose every request and error is watched.

    After the test: no page asked anything of another host, and no script failed.
    """
    asked: list[str] = []
    failed: list[str] = []
    contexts = []

    def open_one(
        url: str,
        *,
        width: int = 1440,
        height: int = 900,
        ready: str = "[data-composer]",
        **options: object,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(url)
        page.wait_for_selector(ready)
        page.wait_for_function("window.did_handshake === true")
        return page

    yield open_one
    for context in contexts:
        context.close()
    outside = [url for url in asked if "://127.0.0.1:" not in url and not url.startswith("data:")]
    assert outside == []
    assert failed == []


@pytest.fixture
def page(server: WebServer, open_page: Callable[..., Page]) -> Page:
    """Open a new conversation on a wide screen."""
    return open_page(server.url)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the source of axe-core, fetched by npm; it is a tool and no part of Hearth."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here to fetch axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "pack", AXE, "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm could not fetch {AXE}: {error}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


@pytest.fixture
def serve_again() -> Callable[[Path, Path], contextlib.AbstractContextManager[WebServer]]:
    """Return a way to run a server of one's own, to be ended within the test."""

    @contextlib.contextmanager
    def serve(home: Path, model: Path) -> Iterator[WebServer]:
        (home / "models").mkdir(parents=True)
        shutil.copy(model, home / "models")
        with web_server(home, model.stem) as one:
            yield one

    return serve
