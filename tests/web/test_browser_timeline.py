"""The Timeline page in a real browser: chart, facts, filter, table, phone, screen reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from hearth.models.catalogue import releases, select_releases
from support.accessibility import check_with_axe

pytestmark = pytest.mark.web

PATIENCE_MS = 60_000
MARKS = ".timeline-chart svg path[fill='var(--ember)']"
OpenTimeline = Callable[..., Page]


@pytest.fixture
def open_timeline(server: Any, browser: Browser) -> Any:
    """Open the page; afterwards no script has failed and no other host was asked."""
    asked: list[str] = []
    failed: list[str] = []
    contexts = []

    def open_one(*, query: str = "", width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(f"{server.url}/timeline{query}")
        page.wait_for_function("window.did_handshake === true")
        page.wait_for_selector(".timeline-table table", state="attached")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [url for url in asked if "://127.0.0.1:" not in url and url[:5] != "data:"] == []
    assert failed == []


@pytest.fixture
def page(open_timeline: OpenTimeline) -> Page:
    page = open_timeline()
    page.wait_for_selector(MARKS, state="attached")
    return page


def _figure(page: Page) -> str:
    return page.locator(".timeline-legend span").first.inner_text()


def _click_first_mark(page: Page) -> None:
    """Click the first mark where it stands once the chart has taken its last size."""
    page.locator(".timeline-body").evaluate("(body) => body.scrollTop = 0")
    x, y = page.evaluate(
        """async (marks) => {
          const at = () => {
            const box = document.querySelector(marks).getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
          };
          for (let before = [], still = 0; ; before = at()) {
            await new Promise((next) => setTimeout(next, 50));
            still = String(at()) === String(before) ? still + 1 : 0;
            if (still === 5) return before;
          }
        }""",
        MARKS,
    )
    page.mouse.move(x - 2, y - 2)
    page.mouse.click(x, y)


def test_a_mark_shows_its_facts_with_the_source(page: Page) -> None:
    expect(page.locator(MARKS)).to_have_count(len(select_releases(open_only=True)))
    expect(page.locator(".timeline-facts")).to_be_hidden()
    _click_first_mark(page)
    facts = page.locator(".timeline-facts")
    expect(facts).to_be_visible()
    row = next(one for one in releases() if one.name == facts.locator("h2").inner_text())
    link = facts.locator("dd a")
    expect(link).to_have_attribute("href", row.source)
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(facts).to_contain_text(row.novelty)
    facts.locator("[data-do=unpick]").click()
    expect(facts).to_be_hidden()


def test_the_bar_filters_chart_and_table(page: Page) -> None:
    page.locator("[data-set=weights]").select_option("closed")
    expect(page.locator(MARKS)).to_have_count(0)
    page.locator("[data-set=weights]").select_option("open")
    page.locator("[data-set=since]").select_option("2025")
    number = len(select_releases(since="2025", open_only=True))
    expect(page.locator(MARKS)).to_have_count(number)
    expect(page.locator(".timeline-table tbody tr")).to_have_count(number)
    page.locator("[data-search]").fill("smollm")
    expect(page.locator(".timeline-table tbody tr")).to_have_count(1)
    assert _figure(page) == f"1 of {len(releases())} releases"
    _click_first_mark(page)
    expect(page.locator(".timeline-facts h2")).to_have_text("SmolLM3")
    page.locator("[data-search]").fill("no such model")
    expect(page.locator(".timeline-none")).to_be_attached()


def test_a_link_may_say_what_to_show(open_timeline: OpenTimeline) -> None:
    page = open_timeline(query="?query=GPT-Neo%2C+GPT-J+and+GPT-NeoX")
    number = len(select_releases(family_name="gpt-neo"))
    expect(page.locator(".timeline-table tbody tr")).to_have_count(number)
    expect(page.locator("[data-search]")).to_have_value("GPT-Neo, GPT-J and GPT-NeoX")


def test_lanes_are_publishers_or_families(page: Page) -> None:
    labels = page.locator(".timeline-chart svg text")
    expect(labels.filter(has_text="Anthropic")).to_have_count(1)
    page.locator("[data-set=lanes]").select_option("family")
    expect(labels.filter(has_text="Anthropic")).to_have_count(0)
    expect(labels.filter(has_text="Claude")).to_have_count(1)


def test_it_zooms_and_the_page_still_scrolls(page: Page) -> None:
    box = page.locator(".timeline-chart svg").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.wheel(0, 300)
    page.wait_for_function("document.querySelector('.timeline-body').scrollTop > 0")
    expect(page.locator(MARKS)).to_have_count(len(select_releases(open_only=True)))
    page.locator(".timeline-body").evaluate("(body) => body.scrollTop = 0")
    page.keyboard.down("Control")
    for _ in range(4):
        page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_function(
        "([marks, all]) => document.querySelectorAll(marks).length < all",
        arg=[MARKS, len(select_releases(open_only=True))],
    )


def test_the_table_holds_the_same_facts(page: Page) -> None:
    page.locator(".timeline-views button", has_text="Table").click()
    expect(page.locator(".timeline-chart")).to_be_hidden()
    rows = page.locator(".timeline-table tbody tr")
    expect(rows).to_have_count(len(releases()))
    expect(rows.first).to_contain_text(releases()[-1].name)
    expect(page.locator(".timeline-views button", has_text="Table")).to_have_attribute(
        "aria-pressed", "true"
    )
    sources = {row.source for row in releases()}
    shown = page.locator(".timeline-table tbody a").evaluate_all("(all) => all.map((a) => a.href)")
    assert len(set(shown) & sources) >= len(sources) - 5  # a browser may write an address anew


def test_on_a_phone_the_table_comes_first(open_timeline: OpenTimeline) -> None:
    page = open_timeline(width=390, height=844, has_touch=True, is_mobile=True)
    expect(page.locator(".timeline-table")).to_be_visible()
    expect(page.locator(".timeline-chart")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator(".timeline-views button", has_text="Chart").tap()
    page.wait_for_selector(MARKS, state="attached")
    expect(page.locator(".timeline-table")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_is_drawn_in_every_size_and_mode(
    open_timeline: OpenTimeline, tmp_path: Path, scheme: Any, width: int
) -> None:
    page = open_timeline(width=width, height=844, color_scheme=scheme)
    page.wait_for_selector(MARKS if width > 640 else ".timeline-table table", state="attached")
    assert len(page.screenshot(path=tmp_path / f"{scheme}-{width}.png")) > 20_000


def test_the_chart_follows_the_theme(page: Page) -> None:
    def ink() -> str:
        return page.locator(MARKS).first.evaluate("(mark) => getComputedStyle(mark).fill")

    seen = set()
    for theme in ("dark", "light"):
        page.evaluate("(theme) => document.documentElement.dataset.theme = theme", theme)
        seen.add(ink())
    assert len(seen) == 2


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious(open_timeline: OpenTimeline, axe: str, scheme: Any) -> None:
    page = open_timeline(color_scheme=scheme)
    page.wait_for_selector(MARKS, state="attached")
    page.evaluate(axe)
    _click_first_mark(page)
    expect(page.locator(".timeline-facts")).to_be_visible()
    check_with_axe(page, "the chart and the facts")
    page.locator(".timeline-views button", has_text="Table").click()
    expect(page.locator(".timeline-table")).to_be_visible()
    check_with_axe(page, "the table")
