"""The page as a person meets it: the starter model answers, word by word, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.chat_page import (
    LENGTH,
    ask,
    finished,
    lengths_while_growing,
    set_sampling,
    text_of,
)

pytestmark = [pytest.mark.web, pytest.mark.starter]


@pytest.fixture
def page(starter_server: Any, open_page: Callable[..., Page]) -> Page:
    return open_page(starter_server.url)


def test_a_question_is_answered_token_by_token(page: Page) -> None:
    set_sampling(page, temperature=0)
    page.locator(".examples button").first.click()
    lengths = lengths_while_growing(page, changes=3)  # the shortest answer has that many
    assert lengths == sorted(lengths)
    answer = finished(page)
    assert "sky" in text_of(answer).lower()
    shown = text_of(answer)
    page.reload()
    assert text_of(finished(page)) == shown


def test_the_lens_shows_alternatives_and_forks_the_conversation(page: Page) -> None:
    set_sampling(page, temperature=0, max_tokens=LENGTH)
    ask(page, "Tell me a long story about a house by the sea.")
    finished(page).locator("[data-do=lens]").click()
    tokens = page.locator(".lens [role=button]")
    expect(tokens).to_have_count(LENGTH)
    tokens.nth(5).click()
    bars = page.locator("[data-popover=alternatives] .bars li")
    expect(bars.first).to_be_visible()
    assert bars.count() >= 5
    choice = page.locator("[data-popover=alternatives] [data-do=fork]").first
    chosen = (choice.locator("code").inner_text()).replace("␣", " ")
    kept = "".join(tokens.nth(i).inner_text() for i in range(5))
    choice.click()
    expect(page.locator(".answer .branches")).to_contain_text("2/2")
    finished(page).locator("[data-do=lens]").click()
    again = page.locator(".lens [role=button]")
    expect(again.nth(5)).to_be_visible()
    assert "".join(again.nth(i).inner_text() for i in range(5)) == kept
    assert again.nth(5).inner_text().strip() == chosen.strip()
