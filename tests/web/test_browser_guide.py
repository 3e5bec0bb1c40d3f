"""The Guide page in a real browser: topics, demonstrations, search, paths, questions, terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.accessibility import check_with_axe, no_wider_than_the_window, tab_to
from support.pico import write_pico
from support.web_server import WebServer, web_server

pytestmark = pytest.mark.web

OpenPage = Callable[..., Page]
OpenGuide = Callable[..., Page]
TOKENS = "?show=topic&of=tokens"
SEEN = ".demo .demo-foot"


@pytest.fixture(scope="module")
def guide_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Serve a small model, which demonstrations and questions run on."""
    home = tmp_path_factory.mktemp("guide-home")
    (home / "models").mkdir()
    write_pico(home / "models" / "pico.gguf", context=4096, num_layers=2)
    with web_server(home, "pico") as one:
        yield one


@pytest.fixture
def open_guide(guide_server: WebServer, open_page: OpenPage) -> OpenGuide:
    """Open a view of the Guide page."""

    def open_one(search: str = "", *, ready: str = ".topics summary", **options: Any) -> Page:
        return open_page(f"{guide_server.url}/guide{search}", ready=ready, **options)

    return open_one


def test_a_topic_is_read_beside_what_there_is_to_see(open_guide: OpenGuide) -> None:
    page = open_guide()
    expect(page.locator(".path-cards li")).not_to_have_count(0)
    page.locator(".topics summary", has_text="forget").click()
    page.locator(".topics [data-of=tokens]").click()
    expect(page.locator("#g-title")).to_have_text("Tokens")
    page.wait_for_url(f"**/guide{TOKENS}")
    expect(page.locator(SEEN)).to_contain_text("Seen on pico")
    expect(page.locator(".demo-pieces .piece").first).to_be_visible()
    page.locator("[data-do=guide-run]").click()
    expect(page.locator("[data-do=guide-run]")).to_be_enabled()
    page.locator(".turn .after").click()
    page.wait_for_url(lambda url: not url.endswith(TOKENS))
    expect(page.locator("#g-title")).not_to_have_text("Tokens")
    page.go_back()
    expect(page.locator("#g-title")).to_have_text("Tokens")
    expect(page.locator(SEEN)).to_be_visible()  # what was shown before stays


def test_a_search_finds_what_is_misspelt(open_guide: OpenGuide) -> None:
    page = open_guide()
    page.keyboard.press("/")
    page.keyboard.type("quantizaton")
    expect(page.locator(".hits li").first).to_contain_text("uantization")
    tab_to(page, ".hits a")
    page.keyboard.press("Enter")
    expect(page.locator("#g-title")).to_contain_text("uantization")
    page.locator("[data-search=guide-search]").fill("")
    expect(page.locator(".topics [aria-current]")).to_be_visible()


def test_a_topic_that_is_not_there_says_what_is_near(open_guide: OpenGuide) -> None:
    page = open_guide("?show=topic&of=no+such+thing", ready=".v-topic .notice.bad")
    expect(page.locator(".v-topic .notice.bad")).to_contain_text("no topic")
    expect(page.locator(".v-topic .demo")).to_be_hidden()


def test_a_path_is_gone_step_by_step_and_remembered(open_guide: OpenGuide) -> None:
    page = open_guide("?show=paths&of=how-it-works", ready=".path")
    page.locator("[data-path=how-it-works] .primary").click()
    expect(page.locator("[data-step=tokens]")).to_contain_text("step 1 of")
    expect(page.locator(SEEN)).to_be_visible()
    page.locator("[data-do=guide-done]").click()
    expect(page.locator("[data-step=tensors]")).to_be_visible()
    page.locator("[data-do=guide-leave]").click()
    expect(page.locator(".path .tile-head")).to_contain_text("1 of")
    page.wait_for_url("**/guide?show=paths&of=how-it-works")
    page.reload()
    expect(page.locator(".path-steps .done")).to_have_count(1)
    page.locator(".path-steps input").first.uncheck()
    expect(page.locator(".path-steps .done")).to_have_count(0)
    page.locator(".path-steps input").first.check()
    page.locator("[data-do=guide-restart]").click()
    expect(page.locator(".path-steps input:checked")).to_have_count(0)


def test_a_question_is_answered_by_topics_first(open_guide: OpenGuide) -> None:
    page = open_guide()
    page.locator(".v-topic .guide-ask input").fill("What is a context window?")
    page.locator(".v-topic .guide-ask .primary").click()
    expect(page.locator("[data-asked=context]")).to_be_visible()
    expect(page.locator("[data-answered=yes]")).to_be_visible()
    page.locator(".asked a").first.click()
    expect(page.locator("#g-title")).to_have_text("Context")


def test_a_term_of_another_page_leads_to_its_topic(
    guide_server: WebServer, open_page: OpenPage
) -> None:
    page = open_page(f"{guide_server.url}/arena?show=setup", ready="#a-setup")
    term = page.locator(".v-setup .term").first
    term.hover()
    expect(page.locator("#hearth-tip")).to_contain_text("Quantization")
    page.keyboard.press("Escape")
    expect(page.locator("#hearth-tip")).to_be_hidden()
    term.focus()
    expect(page.locator("#hearth-tip")).to_be_visible()
    term.click()
    expect(page.locator("#g-title")).to_contain_text("quantization")


def test_the_list_is_a_drawer_on_a_phone(open_guide: OpenGuide) -> None:
    page = open_guide(TOKENS, ready="#g-title", width=390, height=844)
    expect(page.locator(".side")).to_be_hidden()
    page.locator("[data-ui=list]").click()
    expect(page.locator(".topics [data-of=context]")).to_be_hidden()  # its chapter is closed
    page.locator(".topics summary", has_text="Basic").click()
    page.locator(".topics [data-of=context]").click()
    expect(page.locator("#g-title")).to_have_text("Context")
    expect(page.locator(".side")).to_be_hidden()


def test_no_view_is_wider_than_its_window(open_guide: OpenGuide) -> None:
    page = open_guide(TOKENS, ready=SEEN)
    for width in (360, 390, 1024, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        for view, ready in (("paths", ".path"), ("ask", "#g-ask"), ("topic", ".guide-start")):
            page.locator(f".views-nav [data-view={view}]").click()
            expect(page.locator(ready).first).to_be_visible()
            page.wait_for_url("**/guide" if view == "topic" else f"**/guide?show={view}")
            no_wider_than_the_window(page)
        page.go_back()
        page.go_back()
        page.go_back()
        expect(page.locator(SEEN)).to_be_visible()
        no_wider_than_the_window(page)


def test_axe_finds_nothing_serious(open_guide: OpenGuide, axe: str) -> None:
    page = open_guide(TOKENS, ready=SEEN, reduced_motion="reduce")  # colours change at once
    page.evaluate(axe)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        check_with_axe(page, f"a topic, {scheme}")
        page.locator(".views-nav [data-view=topic]").click()
        expect(page.locator(".guide-start")).to_be_visible()
        check_with_axe(page, f"the start, {scheme}")
        page.locator(".views-nav [data-view=paths]").click()
        page.locator(".path .primary").first.click()
        expect(page.locator(".strip")).to_be_visible()
        check_with_axe(page, f"a step, {scheme}")
        page.locator(".views-nav [data-view=ask]").click()
        page.locator(".v-ask input").fill("what is a token")
        page.keyboard.press("Enter")
        expect(page.locator("[data-answered=yes]")).to_be_visible()
        check_with_axe(page, f"an answer, {scheme}")
        page.goto(f"{page.url.partition('?')[0]}{TOKENS}")
        expect(page.locator(SEEN)).to_be_visible()
        page.evaluate(axe)
