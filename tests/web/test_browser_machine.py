"""The Machine page in a real browser: levels, plans that follow sliders, claims, phone, axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hearth.machine.describe import describe_machine
from hearth.machine.facts import read_facts
from hearth.machine.keep import keep_profile
from support.accessibility import check_with_axe, no_wider_than_the_window, tab_to
from support.live import make_config
from support.pico import write_pico
from support.web_server import WebServer, web_server

pytestmark = pytest.mark.web

CLAIM = "70B at Q4_K_M, 50 tok/s, dual-channel DDR5-5600"
OpenPage = Callable[..., Page]
OpenMachine = Callable[..., Page]


@pytest.fixture(scope="module")
def machine_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Serve a home whose machine has a bandwidth already, so that no test has to measure."""
    home = tmp_path_factory.mktemp("machine-home")
    config = make_config(home)
    (home / "models" / "fake.gguf").unlink()
    write_pico(home / "models" / "pico.gguf", context=4096, num_layers=4)
    facts = read_facts(config)
    described = describe_machine("DDR5-5600 x2").memory.theoretical_bandwidth
    memory = replace(facts.memory, theoretical_bandwidth=described)
    keep_profile(config, replace(facts, memory=memory))
    with web_server(home, "pico") as one:
        yield one


@pytest.fixture
def open_machine(machine_server: WebServer, open_page: OpenPage) -> OpenMachine:
    """Open a view of the Machine page."""

    def open_one(search: str = "", *, ready: str = ".ladder tbody tr", **options: Any) -> Page:
        return open_page(f"{machine_server.url}/machine{search}", ready=ready, **options)

    return open_one


def move(page: Page, slider: str, to: int) -> None:
    """Move a slider as a person does, by its keys."""
    field = page.locator(slider)
    field.focus()
    page.keyboard.press("Home")
    for _ in range(to):
        page.keyboard.press("ArrowRight")


def test_the_machine_is_drawn_with_what_is_not_known(open_machine: OpenMachine) -> None:
    page = open_machine()
    expect(page.locator(".rail [aria-current]")).to_have_text("Machine")
    expect(page.locator(".ladder .l-group").first).to_have_text("storage")
    expect(page.locator(".ladder .how").first).to_be_visible()
    expect(page.locator(".findings li").first).to_contain_text("Engine")
    expect(page.locator("[data-do=measure]").first).to_be_visible()
    expect(page.locator("#m-missing")).to_be_visible()


def test_the_views_have_addresses_and_a_way_back(open_machine: OpenMachine) -> None:
    page = open_machine()
    page.locator(".views-nav [data-view=speed]").click()
    expect(page.locator(".speeds tbody th", has_text="pico")).to_be_visible()
    page.wait_for_url("**/machine?show=speed")
    expect(page.locator(".chart svg path").first).to_be_attached()
    page.locator(".speeds [data-view=plan][data-of=pico]").click()
    page.wait_for_url("**/machine?show=plan&of=pico")
    expect(page.locator("#plan-model")).to_have_value("pico")
    page.go_back()
    expect(page.locator(".views-nav [aria-current]")).to_have_text("Speed")


def test_sliders_change_the_answer(open_machine: OpenMachine) -> None:
    page = open_machine("?show=plan&of=Llama-3.1-8B", ready="[data-fits]")
    expect(page.locator("[data-fits]")).to_contain_text("Llama-3.1-8B")
    move(page, "#plan-context", 3)
    expect(page.locator("[data-fits]")).to_contain_text("a context of 2,048")
    expect(page.locator("#plan-context")).to_be_focused()
    expect(page.locator("#plan-context")).to_have_attribute("aria-valuetext", "2,048 tokens")
    move(page, "#plan-users", 3)
    expect(page.locator(".reasons")).to_contain_text("At once")
    page.locator("#plan-quantization").select_option("Q8_0")
    expect(page.locator("[data-fits]")).to_contain_text("Q8_0")
    page.locator(".plan-ways [data-do=plan]").first.click()
    expect(page.locator("[data-fits]")).not_to_contain_text("at Q8_0, a context of 2,048:")


def test_a_model_that_is_here_is_loaded_as_planned(open_machine: OpenMachine) -> None:
    page = open_machine("?show=plan&of=pico", ready="[data-fits]")
    move(page, "#plan-context", 2)
    expect(page.locator("[data-fits]")).to_contain_text("a context of 1,024")
    page.locator("[data-do=plan-load]").click()
    expect(page.locator(".toast").first).to_contain_text("pico is loaded as planned.")


def test_what_runs_recolours_with_the_slider(open_machine: OpenMachine) -> None:
    page = open_machine("?show=runs", ready=".grid-runs td")
    expect(page.locator(".grid-runs tbody tr").first).to_contain_text("Tiny")
    move(page, "#runs-speed", 9)
    expect(page.locator("#runs-speed")).to_have_attribute("aria-valuetext", "50 tokens/s")
    slow = "document.querySelectorAll('.grid-runs td.warn').length"
    page.wait_for_function(f"{slow} > 0")
    before = page.evaluate(slow)
    move(page, "#runs-speed", 0)
    page.wait_for_function(f"{slow} < {before}")


def test_a_claim_is_judged_with_its_steps(open_machine: OpenMachine) -> None:
    page = open_machine("?show=claim", ready="#claim-text")
    tab_to(page, "#claim-text")
    page.keyboard.type(CLAIM)
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict=impossible]")).to_be_visible()
    expect(page.locator(".steps li").first).to_be_visible()
    page.wait_for_url("**/machine?show=claim&of=70B*")
    page.locator("#claim-text").fill("fast, very fast")
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict=impossible]")).to_have_count(0)


def test_the_palette_leads_to_every_view(open_machine: OpenMachine) -> None:
    page = open_machine()
    page.keyboard.press("Control+k")
    page.keyboard.type("check a claim")
    page.keyboard.press("Enter")
    expect(page.locator("#claim-text")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390, 1024, 1600])
def test_no_view_is_wider_than_its_window(open_machine: OpenMachine, width: int) -> None:
    page = open_machine(width=width, height=800)
    no_wider_than_the_window(page)
    for view, ready in (
        ("speed", ".speeds tbody tr"),
        ("runs", ".grid-runs td"),
        ("plan", "[data-fits]"),
        ("claim", "#claim-text"),
    ):
        page.locator(f".views-nav [data-view={view}]").click()
        expect(page.locator(ready).first).to_be_visible()
        no_wider_than_the_window(page)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious(
    open_machine: OpenMachine, axe: str, scheme: Any, tmp_path: Path
) -> None:
    page = open_machine(color_scheme=scheme)
    page.evaluate(axe)
    check_with_axe(page, "the levels")
    for view, ready in (
        ("speed", ".speeds tbody tr"),
        ("runs", ".grid-runs td"),
        ("plan", "[data-fits]"),
        ("checked", "#m-checked"),
    ):
        page.locator(f".views-nav [data-view={view}]").click()
        expect(page.locator(ready).first).to_be_visible()
        check_with_axe(page, view)
    page.locator(".views-nav [data-view=claim]").click()
    page.locator("#claim-text").fill(CLAIM)
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict]")).to_be_visible()
    check_with_axe(page, "a verdict")
    assert len(page.screenshot(path=tmp_path / f"{scheme}.png")) > 20_000
