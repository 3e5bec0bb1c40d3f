"""The Evidence page in a real browser: search, a record, its cards, the chain, phone, axe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hearth.config import Config
from hearth.measure.evidence import Ledger, Record
from hearth.measure.evidence.cards import CardFormat, card_of, render_card
from hearth.store.database import open_database
from support.accessibility import check_with_axe, no_wider_than_the_window, tab_to
from support.measured import draft, items
from support.pico import write_pico
from support.web_server import WebServer, web_server

pytestmark = pytest.mark.web

OpenPage = Callable[..., Page]
OpenEvidence = Callable[..., Page]


@pytest.fixture(scope="module")
def evidence_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Serve a home in which something has been measured."""
    home = tmp_path_factory.mktemp("evidence-home")
    (home / "models").mkdir()
    write_pico(home / "models" / "pico.gguf", context=4096, num_layers=2)
    with closing(open_database(Config(home=home))) as database:
        ledger = Ledger(database)
        first = ledger.add(draft())
        ledger.add(draft(replay_of=first.digest))
        ledger.add(draft("truth", "sober-model", items=items()))
    with web_server(home, "pico") as one:
        yield one


@pytest.fixture
def open_evidence(evidence_server: WebServer, open_page: OpenPage) -> OpenEvidence:
    """Open a view of the Evidence page."""

    def open_one(search: str = "", *, ready: str = ".records-bar", **options: Any) -> Page:
        return open_page(f"{evidence_server.url}/evidence{search}", ready=ready, **options)

    return open_one


@pytest.fixture(scope="module")
def foreign_card(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, str]:
    """Return a record of another home, and its card."""
    home = tmp_path_factory.mktemp("foreign-home")
    with closing(open_database(Config(home=home))) as database:
        ledger = Ledger(database)
        record = ledger.add(draft("speed", "model-from-elsewhere"))
        return record, render_card(card_of(ledger, record.digest), CardFormat.MARKDOWN)


def test_records_are_found_and_opened(open_evidence: OpenEvidence) -> None:
    page = open_evidence()
    expect(page.locator(".rail [aria-current]")).to_have_text("Evidence")
    expect(page.locator(".records tbody tr")).to_have_count(3)
    page.locator("[data-search=records-search]").fill("sober")
    expect(page.locator(".records tbody tr")).to_have_count(1)
    page.locator(".records tbody a").click()
    page.wait_for_url("**/evidence?show=record&of=*")
    expect(page.locator("#e-items")).to_be_visible()
    expect(page.locator(".record-head h2")).to_have_text("Truth: sober-model")
    page.go_back()
    expect(page.locator(".records tbody tr")).to_have_count(1)


def test_a_kind_is_chosen(open_evidence: OpenEvidence) -> None:
    page = open_evidence()
    page.locator("[data-send=records-kind]").select_option("speed")
    expect(page.locator(".records tbody tr")).to_have_count(2)
    page.locator("[data-search=records-search]").fill("no such thing")
    expect(page.locator(".empty h2")).to_have_text("No record has that")


def test_the_chain_is_checked(open_evidence: OpenEvidence) -> None:
    page = open_evidence()
    page.locator("button[data-do=evidence-verify]").click()
    expect(page.locator("[data-verified=yes]")).to_contain_text("3 records")


def test_a_replay_is_shown_with_what_it_repeats(open_evidence: OpenEvidence) -> None:
    page = open_evidence()
    page.locator(".records tbody tr", has_text="speed").last.locator("a").click()
    expect(page.locator("[data-replayed=agrees]")).to_contain_text("the two agree")


def test_a_record_is_downloaded_as_a_card(open_evidence: OpenEvidence) -> None:
    page = open_evidence()
    page.locator(".records tbody a").first.click()
    with page.expect_download() as waiting:
        page.locator("[data-do=evidence-card][data-format=json]").click()
    card = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert card["record"]["kind"] == "truth"
    assert waiting.value.suggested_filename.endswith(".json")


def test_a_card_from_elsewhere_is_taken_once_it_is_whole(
    open_evidence: OpenEvidence, foreign_card: tuple[Record, str]
) -> None:
    record, card = foreign_card
    page = open_evidence("?show=card", ready="#e-card-text")
    page.locator("#e-card-text").fill(card.replace("57.3", "97.3"))
    page.locator(".card-form .primary").click()
    expect(page.locator("[data-refused]")).to_contain_text("changed after it was exported")
    page.locator("#e-card-text").fill(card)
    page.locator(".card-form .primary").click()
    page.wait_for_url(f"**/evidence?show=record&of={record.digest}")
    expect(page.locator(".record-head")).to_contain_text("a card from another ledger")


def test_everything_is_reached_by_keyboard(open_evidence: OpenEvidence) -> None:
    page = open_evidence()
    page.keyboard.press("/")
    expect(page.locator("[data-search=records-search]")).to_be_focused()
    tab_to(page, ".records tbody a")
    page.keyboard.press("Enter")
    expect(page.locator("#e-figures")).to_be_visible()


def test_no_view_is_wider_than_its_window(open_evidence: OpenEvidence) -> None:
    page = open_evidence()
    for width in (360, 390, 1024, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        page.locator(".views-nav [data-view=list]").click()
        expect(page.locator(".records tbody tr").first).to_be_visible()
        no_wider_than_the_window(page)
        page.locator(".records tr", has_text="sober-model").locator("a").first.click()
        expect(page.locator("#e-items")).to_be_visible()
        no_wider_than_the_window(page)


def test_axe_finds_nothing_serious(open_evidence: OpenEvidence, axe: str) -> None:
    page = open_evidence(reduced_motion="reduce")  # colours change at once
    page.evaluate(axe)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.locator(".views-nav [data-view=list]").click()
        page.locator("button[data-do=evidence-verify]").click()
        expect(page.locator("[data-verified=yes]")).to_be_visible()
        check_with_axe(page, f"the list, {scheme}")
        page.locator(".records tr", has_text="sober-model").locator("a").first.click()
        expect(page.locator("#e-items")).to_be_visible()
        check_with_axe(page, f"a record, {scheme}")
        page.locator(".views-nav [data-view=card]").click()
        expect(page.locator("#e-card-text")).to_be_visible()
        check_with_axe(page, f"the card's form, {scheme}")
