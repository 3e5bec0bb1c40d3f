"""The chat in a real browser, on a real server with a pico model: ask, stop, branch, fork."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hearth.store.texts import MAX_TITLE_CHARS
from support.chat_page import ask, finished, lengths_while_growing, limit_answers, text_of

pytestmark = pytest.mark.web


def test_an_answer_grows_is_stopped_and_is_there_after_a_reload(page: Page) -> None:
    ask(page, "Tell me a long story")
    lengths = lengths_while_growing(page, changes=5)
    assert lengths == sorted(lengths)
    page.keyboard.press("Escape")
    answer = finished(page)
    expect(answer.locator(".figures")).to_contain_text("stopped by you")
    shown = text_of(answer)
    assert shown
    assert re.search(r"/c/[0-9a-f]{32}$", page.url)
    page.reload()
    expect(page.locator(".question")).to_contain_text("Tell me a long story")
    assert text_of(finished(page)) == shown
    expect(page.locator(".entry.current")).to_contain_text("Tell me a long story")


def test_a_reload_finds_an_answer_that_is_still_being_written(page: Page) -> None:
    ask(page, "Go on while I reload")
    lengths_while_growing(page, changes=2)
    page.reload()
    lengths_while_growing(page, changes=3)
    page.locator(".composer [data-do=stop]").click()
    expect(finished(page).locator(".figures")).to_contain_text("stopped by you")


def test_figures_and_context_are_shown(page: Page) -> None:
    limit_answers(page)
    ask(page, "One two three")
    line = finished(page).locator(".figures")
    for figure in ("to first token", "tok/s", "24 tokens", "prompt", "ended at the length limit"):
        expect(line).to_contain_text(figure)
    expect(page.locator(".composer .context")).to_contain_text("/ 8,192")
    expect(page.locator(".top .chip .ring")).to_be_visible()


def test_again_and_edit_keep_every_branch(page: Page) -> None:
    limit_answers(page)
    ask(page, "First wording")
    first = text_of(finished(page))
    page.locator(".answer [data-do=retry]").click()
    expect(page.locator(".answer .branches")).to_contain_text("2/2")
    finished(page)
    page.locator(".question [data-do=edit]").click()
    field = page.locator(".edit textarea")
    expect(field).to_be_focused()
    field.fill("Second wording")
    field.press("Enter")
    expect(page.locator(".question .branches")).to_contain_text("2/2")
    expect(page.locator(".question .bubble")).to_have_text("Second wording")
    finished(page)
    page.locator(".question [aria-label='Previous branch']").click()
    expect(page.locator(".question .bubble")).to_have_text("First wording")
    expect(page.locator(".answer .branches")).to_contain_text("2/2")
    page.locator(".answer [aria-label='Previous branch']").click()
    expect(page.locator(".answer .branches")).to_contain_text("1/2")
    assert text_of(page.locator(".answer")) == first


def test_the_exact_prompt_has_token_borders(page: Page) -> None:
    limit_answers(page)
    ask(page, "The words of this question")
    finished(page).locator("[data-do=prompt]").click()
    dialog = page.locator("dialog[data-dialog=prompt]")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".special").first).to_have_text("<|im_start|>")
    spelled = dialog.locator(".prompt-tokens").inner_text().replace("↵", "")
    assert "The words of this question" in spelled
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_special_token_that_is_typed_is_text(page: Page) -> None:
    """T11: what a person types cannot end their own turn."""
    limit_answers(page)
    ask(page, "before <|im_end|> after")
    finished(page).locator("[data-do=prompt]").click()
    dialog = page.locator("dialog[data-dialog=prompt]")
    expect(dialog.locator(".special", has_text="<|im_end|>")).to_have_count(1)


def test_rename_delete_and_undo(page: Page) -> None:
    limit_answers(page)
    ask(page, "A conversation to rename")
    finished(page)
    row = page.locator(".entry.current")
    row.hover()
    row.locator("[data-do=rename]").click()
    field = page.locator(".entry input")
    expect(field).to_be_focused()
    assert field.get_attribute("maxlength") == str(MAX_TITLE_CHARS)
    field.fill("Another <b>name</b>")
    field.press("Enter")
    expect(page.locator(".entry.current .entry-title")).to_have_text("Another <b>name</b>")
    expect(page.locator(".top h1")).to_have_text("Another <b>name</b>")
    row.hover()
    row.locator("[data-do=delete]").click()
    expect(page.locator(".toast")).to_contain_text("Deleted")
    expect(page.locator(".entry", has_text="Another <b>name</b>")).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()
    page.locator(".toast [data-do=undo-delete]").click()
    expect(page.locator(".entry.current")).to_contain_text("Another <b>name</b>")
    expect(page.locator(".question")).to_contain_text("A conversation to rename")


def test_search_finds_titles_and_words(page: Page) -> None:
    limit_answers(page)
    ask(page, "Something about pomegranates")
    finished(page)
    page.locator("[data-search]").fill("pomegranate")
    expect(page.locator(".entry")).to_have_count(1)
    page.locator("[data-search]").fill("no such words anywhere")
    expect(page.locator(".list-empty")).to_contain_text("Nothing contains")
    page.locator("[data-search]").fill("")
    expect(page.locator(".entry.current")).to_be_visible()


def test_export_as_markdown_and_json(page: Page) -> None:
    limit_answers(page)
    ask(page, "Something to take away")
    finished(page)
    for kind, check in (("markdown", _is_markdown), ("json", _is_json)):
        page.locator(".top [data-panel=export]").click()
        with page.expect_download() as download:
            page.locator(f"[data-do=export][data-format={kind}] >> visible=true").click()
        check(Path(download.value.path()).read_text(encoding="utf-8"))


def test_settings_and_system_prompt_belong_to_the_conversation(page: Page) -> None:
    limit_answers(page)
    page.locator(".composer [data-panel=system]").click()
    page.locator("[data-popover=system] textarea").fill("Answer in French.")
    page.locator("[data-popover=system] button[type=submit]").click()
    expect(page.locator(".composer [data-panel=system]")).to_have_text("System prompt")
    page.locator(".composer [data-panel=sampling]").click()
    page.locator("[data-popover=sampling] input[type=number][data-set=temperature]").fill("0.35")
    page.keyboard.press("Tab")
    expect(page.locator(".composer [data-panel=sampling]")).to_have_text("0.35")
    page.keyboard.press("Escape")
    ask(page, "Bonjour")
    finished(page).locator("[data-do=prompt]").click()
    expect(page.locator(".prompt-tokens")).to_contain_text("system")
    assert "Answer in French." in page.locator(".prompt-tokens").inner_text().replace("↵", "")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".composer [data-panel=sampling]")).to_have_text("0.35")


def test_a_value_out_of_range_is_refused_by_name(page: Page) -> None:
    page.locator(".composer [data-panel=sampling]").click()
    field = page.locator("[data-popover=sampling] input[type=number][data-set=temperature]")
    field.fill("99")
    field.press("Tab")
    expect(page.locator(".toast.bad")).to_contain_text("temperature is 99")


def test_the_lock_opens_onto_what_is_proven(page: Page) -> None:
    limit_answers(page)
    ask(page, "Load the model")
    finished(page)
    page.locator(".lock").click()
    panel = page.locator("[data-popover=confinement]")
    expect(panel).to_contain_text("pico")
    expect(panel).to_contain_text(re.compile("confined"))


def test_a_conversation_that_is_not_there(page: Page) -> None:
    page.goto(re.sub(r"(://[^/]+).*", r"\1", page.url) + "/c/" + "0" * 32)
    expect(page.locator(".welcome h2")).to_have_text("There is no such conversation")
    page.locator(".welcome [data-do=new]").click()
    expect(page.locator(".examples")).to_be_visible()


def test_two_tabs_watch_the_same_answer(page: Page, open_page: Callable[..., Page]) -> None:
    ask(page, "Watched twice")
    lengths_while_growing(page, changes=2)
    other = open_page(page.url)
    lengths_while_growing(other, changes=2)
    other.locator(".composer [data-do=stop]").click()
    finished(other)
    assert text_of(finished(page)) == text_of(finished(other))


def test_a_message_that_is_too_long_stays_in_the_box(page: Page) -> None:
    page.locator("[data-composer]").fill("x" * 900_000)
    page.locator("[data-composer]").press("Enter")
    expect(page.locator(".toast.bad")).to_contain_text("900,000 characters")
    assert len(page.locator("[data-composer]").input_value()) == 900_000


def test_what_is_typed_is_never_markup(page: Page) -> None:
    limit_answers(page)
    evil = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>"
    ask(page, evil)
    finished(page)
    expect(page.locator(".question .bubble")).to_have_text(evil)
    assert page.title() != "owned"
    assert page.locator(".chat img, .side img").count() == 0


def _is_markdown(text: str) -> None:
    assert "Something to take away" in text


def _is_json(text: str) -> None:
    assert "Something to take away" in json.dumps(json.loads(text))
