"""The Arena page in a real browser: choose, ask, vote by key, names after the vote, the board."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from support.accessibility import check_with_axe, no_wider_than_the_window
from support.pico import write_pico
from support.web_server import WebServer, web_server

pytestmark = pytest.mark.web

OpenPage = Callable[..., Page]
VIEWS = (("vote", "[data-voted]"), ("board", ".board tbody tr"), ("setup", "#a-others"))
SHORT = "?temperature=0&max_tokens=12"
CONTESTANTS = f"pico{SHORT}&name=the%20first\npico-b{SHORT}&name=the%20second"


@pytest.fixture(scope="module")
def arena_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Serve a home with two models that answer briefly."""
    home = tmp_path_factory.mktemp("arena-home")
    (home / "models").mkdir()
    write_pico(home / "models" / "pico.gguf", context=4096, num_layers=2)
    write_pico(home / "models" / "pico-b.gguf", context=4096, num_layers=3)
    with web_server(home, "pico") as one:
        yield one


@pytest.fixture
def arena_page(arena_server: WebServer, open_page: OpenPage) -> Page:
    """Open an arena of two."""
    return opened(arena_server, open_page)


def opened(server: WebServer, open_page: OpenPage) -> Page:
    """Choose who takes part, as a person does."""
    page = open_page(f"{server.url}/arena?show=setup", ready="#a-others", reduced_motion="reduce")
    page.locator("#a-others").fill(CONTESTANTS)
    page.locator(".arena-setup .primary").click()
    expect(page.locator("#arena-text")).to_be_visible()
    return page


def ask(page: Page, prompt: str) -> None:
    """Ask both, and wait until both have answered."""
    page.locator("#arena-text").fill(prompt)
    page.keyboard.press("Enter")
    expect(page.locator("[data-outcome=left]")).to_be_enabled()
    page.locator(".arena-side").first.click()  # a letter is a vote only outside of the box


def test_a_vote_by_key_tells_the_names_afterwards(arena_page: Page) -> None:
    page = arena_page
    ask(page, "Say anything.")
    names = page.locator(".arena-side h2")
    expect(names.nth(0)).to_have_text("Left")
    expect(names.nth(1)).to_have_text("Right")
    assert "the first" not in page.locator(".arena-sides").inner_text()
    assert "pico" not in page.locator(".top").inner_text()
    page.keyboard.press("1")
    expect(page.locator("[data-voted=left]")).to_be_visible()
    assert {names.nth(0).inner_text(), names.nth(1).inner_text()} == {"the first", "the second"}
    expect(page.locator(".arena-side.won[data-side=left]")).to_be_visible()


@pytest.mark.parametrize(("key", "outcome"), [("2", "right"), ("t", "tie"), ("b", "both_bad")])
def test_each_key_is_a_vote(arena_page: Page, key: str, outcome: str) -> None:
    ask(arena_page, f"For the key {key}.")
    arena_page.keyboard.press(key)
    expect(arena_page.locator(f"[data-voted={outcome}]")).to_be_visible()


def test_votes_move_the_board(arena_page: Page) -> None:
    page = arena_page
    ask(page, "For the board.")
    page.keyboard.press("1")
    expect(page.locator("[data-voted]")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("[data-outcome=left]")).to_be_enabled()
    page.keyboard.press("2")
    expect(page.locator("[data-voted]")).to_be_visible()
    page.locator(".views-nav [data-view=board]").click()
    expect(page.locator(".board tbody tr").first).to_be_visible()
    expect(page.locator("[data-label-of='too early']")).to_be_visible()
    page.wait_for_url("**/arena?show=board")
    page.reload()
    expect(page.locator(".board tbody tr").first).to_be_visible()


def test_a_letter_in_the_box_is_no_vote(arena_page: Page) -> None:
    page = arena_page
    ask(page, "Type on.")
    page.locator("#arena-text").focus()
    page.keyboard.type("1234tb")
    expect(page.locator("#arena-text")).to_have_value("1234tb")
    expect(page.locator("[data-outcome=left]")).to_be_enabled()


def test_one_alone_is_no_arena(arena_server: WebServer, open_page: OpenPage) -> None:
    page = open_page(f"{arena_server.url}/arena?show=setup", ready="#a-others")
    page.locator("#a-others").fill("http://127.0.0.1:1#x")
    page.locator(".arena-setup .primary").click()
    expect(page.locator("[data-refused]")).to_be_visible()


def test_no_view_is_wider_than_its_window(arena_page: Page) -> None:
    page = arena_page
    page.set_viewport_size({"width": 360, "height": 800})
    ask(page, "With_a_word_that_is_much_longer_than_any_line_" + "x" * 80)
    page.locator("[data-outcome=tie]").click()
    expect(page.locator("[data-voted=tie]")).to_be_visible()
    for width in (360, 390, 1024, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        for view, ready in VIEWS:
            page.locator(f".views-nav [data-view={view}]").click()
            expect(page.locator(ready).first).to_be_visible()
            no_wider_than_the_window(page)


def test_axe_finds_nothing_serious(arena_page: Page, axe: str) -> None:
    page = arena_page
    page.evaluate(axe)
    check_with_axe(page, "an open arena")
    ask(page, "For those who do not see.")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        check_with_axe(page, f"a pair, {scheme}")
    page.keyboard.press("3")
    expect(page.locator("[data-voted=tie]")).to_be_visible()
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        for view, ready in VIEWS:
            page.locator(f".views-nav [data-view={view}]").click()
            expect(page.locator(ready).first).to_be_visible()
            check_with_axe(page, f"{view}, {scheme}")
