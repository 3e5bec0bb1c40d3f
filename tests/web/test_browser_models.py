"""The Models page in a real browser: table, cards, actions, search, downloads, bad days."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from hearth.web.theme import tokens
from support.accessibility import check_with_axe, tab_to
from support.hub_server import HubServer, hub_server
from support.pico import write_pico
from support.web_server import web_server

pytestmark = pytest.mark.web

LONG = "An-Extraordinarily-Long-Name-Of-A-Merged-Model-With-Many-Parents-v3-final-imatrix"
SLOW_MS = 60_000

OpenPage = Callable[..., Page]


@dataclass
class Shelf:
    """A server with a few models, and the hub that it asks."""

    url: str
    models: Path
    hub: HubServer


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    home = tmp_path_factory.mktemp("models-home")
    models = home / "models"
    (models / "folder").mkdir(parents=True)
    write_pico(models / "pico.gguf", context=2048)
    write_pico(models / "folder" / "wide name.gguf", num_layers=4, seed=1)
    write_pico(models / f"{LONG}.gguf", seed=2)
    (models / "broken.gguf").write_bytes(b"GGUF" + b"\xff" * 4096)
    offered = write_pico(home / "offered.gguf", seed=3, num_layers=6, width=256, feed_forward=1024)
    with hub_server() as hub:
        hub.add(
            "owner/Tiny-GGUF",
            {"Tiny-Q8_0.gguf": offered.read_bytes(), "Tiny-F32.gguf": offered.read_bytes()[::-1]},
            tags=["gguf", "license:apache-2.0"],
            facts={"gguf": {"total": 596_000_000, "architecture": "llama"}},
        )
        with web_server(home, "pico", HF_ENDPOINT=hub.url) as server:
            yield Shelf(url=server.url, models=models, hub=hub)


@pytest.fixture
def open_models(shelf: Shelf, open_page: OpenPage) -> OpenPage:
    """Open a place of the Models page."""

    def open_one(path: str = "/models", *, ready: str = ".models-table", **options: Any) -> Page:
        return open_page(f"{shelf.url}{path}", ready=ready, **options)

    return open_one


def names(page: Page) -> list[str]:
    return page.locator(".models-table tbody th a").all_inner_texts()


def row(page: Page, name: str) -> Locator:
    return page.locator(f'.models-table tr[data-key="{name}"]')


# --- the table --------------------------------------------------------------------------------


def test_the_library_is_a_table_with_what_each_header_tells(open_models: OpenPage) -> None:
    page = open_models()
    expect(row(page, "pico").locator(".c-quantization")).to_have_text("F32")
    expect(row(page, "pico").locator(".c-context")).to_have_text("2,048")
    expect(row(page, "pico").locator(".c-place")).to_contain_text("hearth")
    expect(row(page, "broken").locator(".c-state")).to_contain_text("damaged")
    expect(page.locator(".rail [aria-current]")).to_have_text("Models")
    expect(page).to_have_title("Models · Hearth")


def test_it_sorts_and_filters_by_keyboard_alone(open_models: OpenPage) -> None:
    page = open_models()
    expect(page.locator("[aria-sort]")).to_have_text(re.compile("Name"))
    tab_to(page, "[data-column=size]")
    page.keyboard.press("Enter")
    expect(page.locator(".c-size[aria-sort=ascending]")).to_be_visible()
    assert names(page)[0] == "broken"
    page.keyboard.press("Enter")
    expect(page.locator(".c-size[aria-sort=descending]")).to_be_visible()
    expect(page.locator("[data-column=size]")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("f32 folder")
    expect(page.locator(".models-table tbody tr")).to_have_count(1)
    assert names(page) == ["folder/wide name"]
    tab_to(page, ".models-table tbody a")
    page.keyboard.press("Enter")
    expect(page.locator("[data-card-title]")).to_be_focused()
    page.wait_for_url("**/models/folder/wide%20name")


def test_a_filter_that_finds_nothing_leads_to_the_hub(open_models: OpenPage) -> None:
    page = open_models()
    page.locator("[data-filter]").first.fill("tiny")
    page.get_by_role("link", name="Search the hub for it").click()
    expect(page.locator(".hit-name")).to_have_text("owner/Tiny-GGUF")
    page.wait_for_url("**/models?find=tiny")


def test_back_and_forward_lead_through_the_places(open_models: OpenPage) -> None:
    page = open_models()
    row(page, "pico").locator("a").click()
    expect(page.locator("[data-card-title]")).to_have_text("pico")
    expect(page).to_have_title("pico · Hearth")
    page.wait_for_url("**/models/pico")
    page.locator(".top [data-do=show-table]").click()
    expect(page.locator(".models-table")).to_be_visible()
    page.wait_for_url("**/models")
    page.go_back()
    expect(page.locator("[data-card-title]")).to_be_visible()
    page.go_back()
    expect(page.locator(".models-table")).to_be_visible()
    page.go_forward()
    expect(page.locator("[data-card-title]")).to_be_visible()


# --- a card -----------------------------------------------------------------------------------


def test_a_card_tells_what_a_model_is_and_whether_it_runs(open_models: OpenPage) -> None:
    page = open_models("/models/folder/wide%20name", ready=".heat")
    expect(page.locator(".verdict")).to_contain_text("Runs here")
    expect(page.locator(".card-grid")).to_contain_text("512 tokens")
    expect(page.locator(".heat tbody tr")).to_have_count(9)
    expect(page.locator(".tile .prompt-tokens")).to_contain_text("What is the capital of France?")
    expect(page.locator("h1")).to_have_count(1)


def test_the_heat_map_is_walked_by_arrows_and_shows_its_figures(open_models: OpenPage) -> None:
    page = open_models("/models/pico", ready=".heat")
    tab_to(page, ".heat td[data-tip]")
    tip = page.locator("[data-heat-tip]")
    expect(tip).to_contain_text("blk.0.attn_q.weight: F32, 32.00 bits, 64 x 64")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(tip).to_contain_text("blk.1.attn_k.weight")
    page.keyboard.press("ArrowRight")  # there is no third layer
    expect(tip).to_contain_text("blk.1.attn_k.weight")
    page.locator("[data-ui=heatFigures]").click()
    expect(page.locator("[data-ui=heatFigures]")).to_have_attribute("aria-pressed", "true")
    shown = page.locator(".heat td span").first
    assert shown.inner_text() == "32"
    assert float(shown.evaluate("(at) => parseFloat(getComputedStyle(at).fontSize)")) > 8


def test_a_model_is_loaded_chatted_with_and_unloaded(open_models: OpenPage) -> None:
    page = open_models("/models/folder/wide%20name", ready=".heat")
    page.locator("[data-do=load-model]").click()
    expect(page.locator("[data-do=unload-model]")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator(".verdict")).to_contain_text("In memory")
    expect(page.locator(".tile .prompt-tokens .special").first).to_have_text("<|im_start|>")
    page.locator(".back").click()
    expect(row(page, "folder/wide name").locator(".c-state")).to_have_text("loaded")
    page.wait_for_url("**/models")
    page.go_back()
    page.locator("[data-do=unload-model]").click()
    expect(page.locator("[data-do=load-model]")).to_be_visible()
    page.get_by_role("link", name="Chat", exact=True).last.click()
    expect(page.locator(".composer [data-panel=models]")).to_have_text("folder/wide name")


def test_a_file_that_cannot_be_read_says_why(open_models: OpenPage) -> None:
    page = open_models("/models/broken", ready=".models-card-view .notice.bad")
    expect(page.locator(".models-card-view .notice")).to_contain_text("GGUF version")
    expect(page.locator("[data-do=load-model]")).to_have_count(0)
    missing = open_models("/models/nowhere", ready=".models-card-view .notice.bad")
    expect(missing.locator(".models-card-view .notice")).to_contain_text("nowhere")


def test_verifying_finds_a_byte_that_changed(shelf: Shelf, open_models: OpenPage) -> None:
    path = write_pico(shelf.models / "rotten.gguf", seed=9)
    page = open_models("/models/rotten", ready=".heat")
    verify = page.locator("[data-do=verify-model]")
    verify.click()
    expect(page.locator(".verdict").last).to_contain_text("from now on it is known")
    data = bytearray(path.read_bytes())
    state = path.stat()
    data[-5] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a failing disk would do it
    verify.click()
    expect(page.locator(".verdict.bad")).to_contain_text("damaged")
    expect(page.locator("[data-do=repair-model]")).to_be_visible()
    path.unlink()


def test_what_is_removed_can_be_brought_back(shelf: Shelf, open_models: OpenPage) -> None:
    path = write_pico(shelf.models / "fleeting.gguf", seed=8)
    page = open_models("/models/fleeting", ready=".heat")
    page.locator("[data-do=remove-model]").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Moved fleeting to the trash")
    expect(page.locator(".models-table")).to_be_visible()
    expect(row(page, "fleeting")).to_have_count(0)
    assert not path.exists()
    toast.get_by_role("button", name="Undo").click()
    expect(row(page, "fleeting")).to_be_visible()
    assert path.exists()
    path.unlink()


# --- the hub ----------------------------------------------------------------------------------


def search(page: Page, words: str) -> None:
    field = page.locator(".hub-form input")
    field.fill(words)
    field.press("Enter")


def test_what_is_found_can_be_looked_into_before_it_is_fetched(
    shelf: Shelf, open_models: OpenPage
) -> None:
    page = open_models("/models?find=", ready=".hub-form")
    expect(page.locator(".models-find-view")).to_contain_text("sends your words to 127.0.0.1")
    search(page, "tiny")
    expect(page.locator(".hit-facts")).to_contain_text("596 million parameters · llama")
    page.locator("[data-do=open-hit]").click()
    expect(page.locator(".hit-files li")).to_have_count(2)
    before = shelf.hub.sent_bytes()
    page.locator(".hit-files [data-do=look-into]", has_text="Q8_0").click()
    expect(page.locator(".heat tbody tr")).to_have_count(9)
    expect(page.locator(".verdict")).to_contain_text("Runs here")
    expect(page.locator("[data-do=pull]:visible")).to_have_text(re.compile(r"Download \d+ MB"))
    assert shelf.hub.sent_bytes() - before <= 2**20
    page.wait_for_url("**/models?show=**")
    page.go_back()
    expect(page.locator(".hit-files li")).to_have_count(2)


def test_a_download_is_watched_stopped_and_gone_on_with(
    shelf: Shelf, open_models: OpenPage
) -> None:
    shelf.hub.bytes_per_s = 200_000
    page = open_models("/models?find=tiny", ready=".hit")
    page.locator("[data-do=open-hit]").click()
    page.locator('[data-do=pull][data-reference$="Tiny-Q8_0.gguf"]').click()
    line = page.locator(".downloads li")
    expect(line).to_contain_text("Tiny-Q8_0.gguf")
    expect(line).to_contain_text("left", timeout=SLOW_MS)
    expect(line.locator("[role=progressbar]")).not_to_have_attribute("aria-valuenow", "0")
    expect(page.locator(".hit-files")).to_contain_text("downloading")
    line.locator("[data-do=stop-pull]").click()
    expect(line).to_contain_text("what has come is kept", timeout=SLOW_MS)
    shelf.hub.bytes_per_s = None
    page.reload()  # what was stopped is remembered
    line.locator("[data-do=resume-pull]").click()
    expect(line).to_contain_text("Here, and verified", timeout=SLOW_MS)
    line.get_by_role("link", name="Open").click()
    expect(page.locator(".verdict")).to_contain_text("Runs here")
    expect(page.locator(".card-files")).to_contain_text("hub cache")


def test_a_hub_that_fails_is_told_and_can_be_asked_again(
    shelf: Shelf, open_models: OpenPage
) -> None:
    page = open_models("/models?find=", ready=".hub-form")
    shelf.hub.fail(path="/api/models", status=400)
    search(page, "tiny")
    expect(page.locator(".empty")).to_contain_text("The hub cannot be asked now")
    expect(page.locator(".empty")).to_contain_text("already in the library works")
    page.locator("[data-do=search-again]").click()
    expect(page.locator(".hit")).to_have_count(1)


def test_offline_is_said_before_anything_is_tried(
    tmp_path: Path, shelf: Shelf, open_page: OpenPage
) -> None:
    (tmp_path / "models").mkdir()
    with web_server(tmp_path, "none", HF_ENDPOINT=shelf.hub.url, HF_HUB_OFFLINE="1") as server:
        asked = len(shelf.hub.asked)
        page = open_page(f"{server.url}/models?find=tiny", ready=".models-find-view .empty")
        expect(page.locator(".models-find-view .empty")).to_contain_text("HF_HUB_OFFLINE")
        assert len(shelf.hub.asked) == asked
        page.locator(".switch [data-do=show-table]").click()
        expect(page.locator(".models-table-view")).to_be_visible()


# --- for everyone -----------------------------------------------------------------------------

PLACES = {"/models": ".models-table", "/models/pico": ".heat", "/models?find=tiny": ".hit"}


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_it_is_drawn_in_every_size_and_mode(
    open_models: OpenPage, tmp_path: Path, scheme: Any, width: int
) -> None:
    for number, (path, ready) in enumerate(PLACES.items()):
        page = open_models(path, ready=ready, width=width, height=844, color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
        if ready == ".models-table":
            expect(row(page, LONG).locator("a")).to_have_attribute("title", LONG)
        box = page.locator(".models").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        base = tokens()[scheme]["base"]
        assert ground == f"rgb({', '.join(str(int(base[i : i + 2], 16)) for i in (1, 3, 5))})"
        shot = page.screenshot(path=tmp_path / f"{number}-{scheme}-{width}.png")
        assert len(shot) > 5_000


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious(open_models: OpenPage, axe: str, scheme: Any) -> None:
    for path, ready in PLACES.items():
        page = open_models(path, ready=ready, color_scheme=scheme)
        if ready == ".hit":
            page.locator("[data-do=open-hit]").click()
            page.wait_for_selector(".hit-files li")
        if ready == ".heat":
            page.locator("[data-ui=heatFigures]").click()
        page.evaluate(axe)
        check_with_axe(page, path)


def test_focus_can_always_be_seen(open_models: OpenPage) -> None:
    for path, ready in PLACES.items():
        page = open_models(path, ready=ready)
        for _ in range(20):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                """() => {
                  const at = document.activeElement;
                  const drawn = (style) =>
                    style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
                  return at === document.body || drawn(getComputedStyle(at))
                    || drawn(getComputedStyle(at, "::after"));
                }"""
            )
            assert seen, page.evaluate("document.activeElement.outerHTML")


def test_on_a_phone_the_table_keeps_its_facts_and_its_order(open_models: OpenPage) -> None:
    page = open_models(width=390, height=844, has_touch=True, is_mobile=True)
    expect(row(page, "pico").locator(".row-facts")).to_contain_text("F32 · hearth")
    page.locator(".sort-select select").select_option("size")
    expect(page.locator(".models-table tbody a").first).to_have_text("broken")
    row(page, "pico").locator("a").tap()
    expect(page.locator("[data-card-title]")).to_be_visible()


def test_a_wild_command_does_not_break_the_page(open_models: OpenPage) -> None:
    page = open_models()
    for payload in (
        {"do": "sort", "column": "__class__"},
        {"do": "open-model", "name": "../../etc/passwd"},
        {"do": "look-into", "reference": "/etc/passwd"},
        {"do": "remove-model", "name": "../pico"},
        {"do": "stop-pull", "id": "x"},
        {"do": "search-hub", "sort": "x"},
        {"do": "visit", "path": "/models/%00", "search": "?find"},
    ):
        page.evaluate("(payload) => hearth.send(payload)", payload)
    expect(page.locator(".toast.bad").first).to_be_visible()
    page.evaluate("hearth.send({do: 'show-table'})")
    expect(row(page, "pico")).to_be_visible()
