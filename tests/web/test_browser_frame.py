"""The frame in a real browser: keyboard, themes, phone, screen reader, long lists, bad days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from hearth.config import Config
from hearth.core import Role
from hearth.store.conversations import Conversations
from hearth.store.database import open_database
from hearth.store.records import Archive, ArchivedMessage, ChatSettings, MessageStatus
from hearth.web.components.thread import WINDOW
from hearth.web.theme import tokens
from support.accessibility import check_with_axe, tab_to
from support.chat_page import ask, finished, lengths_while_growing, limit_answers

pytestmark = pytest.mark.web

OpenPage = Callable[..., Page]


# --- keyboard ---------------------------------------------------------------------------------


def test_everything_is_reached_by_keyboard_alone(page: Page) -> None:
    limit_answers(page)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("[data-composer]")).to_be_focused()
    page.keyboard.type("two")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("lines")
    page.keyboard.press("Enter")
    finished(page)
    assert page.locator(".question .bubble").inner_text() == "two\nlines"
    tab_to(page, "[data-do=lens]", backwards=True)
    page.keyboard.press("Enter")
    expect(page.locator(".lens [role=button]").first).to_be_visible()
    tab_to(page, ".lens [role=button]", backwards=True)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lens [role=button]").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-popover=alternatives]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-popover=alternatives]")).to_be_hidden()
    expect(page.locator(".lens [role=button]").nth(1)).to_be_focused()


def test_the_palette_finds_and_runs_commands(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("dialog[data-dialog=palette] input")).to_be_focused()
    page.keyboard.type("theme light")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("Control+k")
    page.keyboard.type("no such command")
    expect(page.locator("[data-none]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[data-dialog=palette]")).to_be_hidden()


def test_the_keys_are_shown_and_letters_are_not_stolen(page: Page) -> None:
    page.locator("[data-composer]").focus()
    page.keyboard.type("what? / really")
    expect(page.locator("dialog[data-dialog=keys]")).to_be_hidden()
    assert page.locator("[data-composer]").input_value() == "what? / really"
    page.locator("[data-thread]").focus()
    page.keyboard.press("?")
    expect(page.locator("dialog[data-dialog=keys]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[data-dialog=keys]")).to_be_hidden()


def test_focus_can_always_be_seen(page: Page) -> None:
    page.locator("[data-thread]").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const at = document.activeElement;
              const style = getComputedStyle(at);
              const card = at.closest(".composer");
              return at === document.body || at.matches("[data-composer]")
                ? Boolean(card) || at === document.body
                : style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
            }"""
        )
        assert seen, page.evaluate("document.activeElement.outerHTML")


def test_a_draft_survives_a_reload(page: Page) -> None:
    page.locator("[data-composer]").fill("half a thought")
    page.reload()
    expect(page.locator("[data-composer]")).to_have_value("half a thought")


def test_back_and_forward_lead_through_conversations(page: Page) -> None:
    limit_answers(page)
    ask(page, "The first place")
    finished(page)
    page.locator("[data-composer]").fill("unfinished here")
    page.locator(".side [data-do=new]").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator("[data-composer]")).to_have_value("")
    page.go_back()
    expect(page.locator(".question")).to_contain_text("The first place")
    expect(page.locator("[data-composer]")).to_have_value("unfinished here")
    page.go_forward()
    expect(page.locator(".welcome")).to_be_visible()


# --- look -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_it_is_drawn_in_every_size_and_mode(
    server: Any, open_page: OpenPage, tmp_path: Path, scheme: Any, width: int
) -> None:
    page = open_page(server.url, width=width, height=844, color_scheme=scheme)
    expect(page.locator(".welcome h2")).to_be_visible()
    assert _ground(page) == tokens()[scheme]["base"].lower()
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    for selector in (".rail", ".top", ".composer", ".send", ".welcome"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert len(page.screenshot(path=tmp_path / f"{scheme}-{width}.png")) > 5_000


def test_the_theme_switch_remembers(page: Page) -> None:
    before = _ground(page)
    other = "light" if before == tokens()["dark"]["base"].lower() else "dark"
    switch = page.locator(".rail [data-ui=theme]")
    while page.locator("html").get_attribute("data-theme") != other:
        switch.click()
    page.reload()
    page.wait_for_selector(".welcome")
    assert _ground(page) == tokens()[other]["base"].lower()


def test_on_a_phone_the_list_is_a_drawer(server: Any, open_page: OpenPage) -> None:
    page = open_page(server.url, width=390, height=844, has_touch=True, is_mobile=True)
    limit_answers(page)
    ask(page, "From a phone")
    finished(page)
    rail, top = page.locator(".rail").bounding_box(), page.locator(".top").bounding_box()
    assert rail is not None
    assert top is not None
    assert rail["y"] > top["y"] + 600
    expect(page.locator(".side")).to_be_hidden()
    page.locator(".top [data-ui=list]").tap()
    expect(page.locator(".side")).to_be_visible()
    page.locator(".side [data-do=new]").tap()
    expect(page.locator(".side")).to_be_hidden()
    expect(page.locator(".welcome")).to_be_visible()


def test_long_names_are_cut_and_stay_whole_in_the_title(server: Any, open_page: OpenPage) -> None:
    name = "An extraordinarily long title " * 6
    conversation = _store(server).create(ChatSettings(model="pico"), title=name.strip())
    page = open_page(f"{server.url}/c/{conversation.id}", width=390, height=844)
    expect(page.locator(".top h1")).to_have_attribute("title", name.strip())
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


# --- for everyone -----------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious(server: Any, open_page: OpenPage, axe: str, scheme: Any) -> None:
    page = open_page(server.url, color_scheme=scheme)
    page.evaluate(axe)
    check_with_axe(page, "a new conversation")
    limit_answers(page)
    ask(page, "Look at this page")
    finished(page).locator("[data-do=lens]").click()
    expect(page.locator(".lens [role=button]").first).to_be_visible()
    check_with_axe(page, "an answer under the lens")
    page.locator(".lens [role=button]").first.click()
    expect(page.locator(".bars li").first).to_be_visible()
    check_with_axe(page, "alternatives")
    page.keyboard.press("Escape")
    page.locator(".composer [data-panel=sampling]").click()
    check_with_axe(page, "sampling")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    check_with_axe(page, "the palette")


def test_sentences_are_said_while_an_answer_streams(page: Page) -> None:
    region = page.locator("#hearth-said")
    expect(region).to_have_attribute("aria-live", "polite")
    limit_answers(page)
    ask(page, "Say it")
    finished(page)
    expect(region).not_to_be_empty()


def test_landmarks(page: Page) -> None:
    for selector in ("nav[aria-label=Pages]", "aside[aria-label]", "main", "header.top"):
        expect(page.locator(selector)).to_have_count(1)
    expect(page.locator("h1")).to_have_count(1)


# --- much, and bad days -----------------------------------------------------------------------


def test_two_thousand_messages_are_drawn_from_their_end(server: Any, open_page: OpenPage) -> None:
    page = open_page(f"{server.url}/c/{_long_conversation(server)}")
    expect(page.locator(".message")).to_have_count(WINDOW)
    expect(page.locator(".question").last).to_contain_text("Question 999")
    expect(page.locator(".question").last).to_be_in_viewport()
    page.locator("[data-thread]").evaluate("(thread) => thread.scrollTop = 200")
    expect(page.locator(".message")).to_have_count(2 * WINDOW)
    expect(page.locator(".question", has_text="Question 982")).to_be_in_viewport()


def test_a_model_that_cannot_be_read_says_so_and_can_be_tried_again(
    server: Any, open_page: OpenPage
) -> None:
    (server.home / "models" / "broken.gguf").write_bytes(b"GGUF" + b"\xff" * 4096)
    page = open_page(server.url)
    page.locator(".composer [data-panel=models]").click()
    page.locator("[data-do=model][data-name=broken]").click()
    expect(page.locator(".composer [data-panel=models]")).to_have_text("broken")
    ask(page, "Anyone there")
    notice = page.locator(".answer .notice.bad")
    expect(notice).to_contain_text("broken", timeout=30_000)
    expect(notice.locator("[data-do=retry]")).to_be_visible()
    expect(page.locator(".question")).to_contain_text("Anyone there")


def test_the_page_keeps_to_itself(server: Any) -> None:
    """N11: no frame around it, nothing loaded from elsewhere."""
    answer = httpx.get(server.url)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    hosts = set(re.findall(r"(?:src|href|url)[=(]\s*[\"']?(https?://[^\"')]+)", answer.text))
    assert hosts == set()


def test_another_site_cannot_open_the_socket(server: Any) -> None:
    """N9: the page's socket answers to the page's own origin alone."""
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert (
        httpx.get(server.url + path, headers={"origin": "http://evil.example"}).status_code == 403
    )


def test_a_wild_command_does_not_break_the_page(page: Page) -> None:
    for payload in ({"do": "nonsense"}, {"do": "retry", "id": "x"}, {"do": "open", "id": "../x"}):
        page.evaluate("(payload) => hearth.send(payload)", payload)
    expect(page.locator(".toast.bad").first).to_be_visible()
    page.locator(".side [data-do=new]").click()
    limit_answers(page)
    ask(page, "Still here")
    finished(page)


def test_stopping_a_server_in_mid_answer_is_told_and_keeps_the_text(
    tmp_path: Path, server: Any, open_page: OpenPage, serve_again: Callable[..., Any]
) -> None:
    with serve_again(tmp_path / "short-lived", server.home / "models" / "pico.gguf") as other:
        page = open_page(other.url)
        ask(page, "Until the end")
        lengths_while_growing(page, changes=3)
        conversation_id = page.url.rsplit("/", 1)[1]
    expect(page.locator("#popup")).to_have_attribute("aria-hidden", "false", timeout=30_000)
    kept = _store(other).branch(conversation_id)[-1]
    assert kept.status is MessageStatus.STOPPED
    assert kept.content


# --- helpers ----------------------------------------------------------------------------------


def _ground(page: Page) -> str:
    rgb = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return "#" + "".join(f"{int(n):02x}" for n in re.findall(r"\d+", rgb)[:3])


def _store(server: Any) -> Conversations:
    return Conversations(open_database(Config(home=server.home)))


def _long_conversation(server: Any) -> str:
    now, settings = datetime.now(UTC), ChatSettings(model="pico")
    messages = tuple(
        ArchivedMessage(
            parent=index - 1 if index else None,
            role=Role.ASSISTANT if index % 2 else Role.USER,
            content=f"{'Answer' if index % 2 else 'Question'} {index // 2} in **Markdown**.",
            status=MessageStatus.COMPLETE,
            created_at=now,
            settings=settings if index % 2 else None,
        )
        for index in range(2000)
    )
    archive = Archive(
        title="Two thousand messages",
        settings=settings,
        created_at=now,
        updated_at=now,
        active=1999,
        messages=messages,
    )
    return _store(server).unarchive(archive).id
