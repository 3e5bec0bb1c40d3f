"""The Measure page in a real browser: history, comparing, plots, and a measurement to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hearth.config import Config
from hearth.measure.evidence import Ledger
from hearth.measure.quants.point import as_table, figure_name
from hearth.store.database import open_database
from support.accessibility import check_with_axe, no_wider_than_the_window
from support.measured import SPEED, draft
from support.pico import write_pico
from support.quantized import quant
from support.web_server import WebServer, web_server

pytestmark = pytest.mark.web

OpenPage = Callable[..., Page]
OpenMeasure = Callable[..., Page]
VIEWS = (
    ("runs", ".records tbody tr"),
    ("quants", "[data-sensible]"),
    ("truth", "#m-truth"),
)
FIGURES = ("prompt", "decode", "request", "distance", "same_top")


def fill(ledger: Ledger) -> None:
    """Put some measurements into a ledger."""
    ledger.add(draft())
    faster = replace(SPEED["answer tokens/s"], value=90.0, low=89.0, high=91.0)
    ledger.add(draft(name="other", summary={**SPEED, "answer tokens/s": faster}))
    found = (
        quant("q8_0", 8_000_000, 2.0, 0.0, reference=True, front=True),
        quant("q4_0", 4_000_000, 1.0, 0.01, front=True, choice=True),
        quant("q2_k", 3_900_000, 1.2, 0.4),
    )
    summary = {figure_name(one.name, each): getattr(one, each) for one in found for each in FIGURES}
    notes = ("q4_0: twice as fast as the reference.",)
    ledger.add(draft("quants", "pico", summary, items=as_table(found), repeats={}, notes=notes))


@pytest.fixture(scope="module")
def measure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Serve a home in which something has been measured, with a small model to measure."""
    home = tmp_path_factory.mktemp("measure-home")
    (home / "models").mkdir()
    write_pico(home / "models" / "pico.gguf", context=4096, num_layers=2)
    with closing(open_database(Config(home=home))) as database:
        fill(Ledger(database))
    with web_server(home, "pico") as one:
        yield one


@pytest.fixture
def open_measure(measure_server: WebServer, open_page: OpenPage) -> OpenMeasure:
    """Open a view of the Measure page."""

    def open_one(search: str = "", *, ready: str = ".records tbody tr", **options: Any) -> Page:
        return open_page(f"{measure_server.url}/measure{search}", ready=ready, **options)

    return open_one


def pick_two_speeds(page: Page) -> None:
    """Mark the two records of speed for a comparison."""
    for name in ("other", "pico"):
        row = page.locator(".records tbody tr", has_text="first token").filter(has_text=name)
        row.last.locator("input").check()
    expect(page.locator("[data-do=records-compare]")).to_be_visible()


def test_two_records_become_a_verdict_in_words(open_measure: OpenMeasure) -> None:
    page = open_measure()
    pick_two_speeds(page)
    page.locator("[data-do=records-compare]").click()
    expect(page.locator("[data-compared]")).to_have_text("B, other, is better in 1 of 3 figures.")
    page.wait_for_url("**/measure?show=compare&of=*")
    page.go_back()
    expect(page.locator(".picked-bar")).to_be_visible()
    page.locator("[data-do=records-unpick]").click()
    expect(page.locator(".records input:checked")).to_have_count(0)


def test_a_third_mark_replaces_the_first(open_measure: OpenMeasure) -> None:
    page = open_measure()
    boxes = page.locator(".records input")
    for place in range(3):
        boxes.nth(place).check()
    expect(page.locator(".records input:checked")).to_have_count(2)
    expect(boxes.nth(0)).not_to_be_checked()


def test_two_kinds_are_not_compared(open_measure: OpenMeasure) -> None:
    page = open_measure()
    page.locator(".records tbody tr", has_text="quants").locator("input").check()
    page.locator(".records tbody tr", has_text="other").locator("input").check()
    page.locator("[data-do=records-compare]").click()
    expect(page.locator(".v-compare .notice.bad")).to_contain_text("Pick two of the same kind.")


def test_the_sensible_quantization_is_drawn(open_measure: OpenMeasure) -> None:
    page = open_measure("?show=quants", ready="[data-sensible=q4_0]")
    expect(page.locator(".chart svg path").first).to_be_attached()
    page.locator("[data-do=quants-against][data-unit=speed]").click()
    expect(page.locator("[data-unit=speed]")).to_have_attribute("aria-pressed", "true")


def test_what_nobody_has_measured_says_how(open_measure: OpenMeasure) -> None:
    page = open_measure("?show=truth", ready="#m-truth")
    expect(page.locator(".v-truth")).to_contain_text("hearth eval truth MODEL")


def test_a_wrong_number_is_refused_with_what_is_possible(open_measure: OpenMeasure) -> None:
    page = open_measure()
    page.locator("[data-send=bench-kind]").select_option("truth")
    page.locator("input[name=limit]").fill("0")
    page.locator(".bench-form .primary").click()
    expect(page.locator(".toast").first).to_contain_text("Most questions is 0")


def test_a_measurement_runs_to_its_record_and_again(open_measure: OpenMeasure) -> None:
    page = open_measure()
    page.locator("[data-send=bench-kind]").select_option("speed")
    page.locator(".bench-form .primary").click()
    expect(page.locator("[data-job]").first).to_be_visible()
    row = page.locator(".records tbody tr", has_text="prompt of 512")
    expect(row).to_be_visible()
    row.locator("a").click()
    page.wait_for_url("**/evidence?show=record&of=*")
    page.locator("[data-do=evidence-replay]").click()
    expect(page.locator(".v-record")).to_contain_text("This repeats")


def test_no_view_is_wider_than_its_window(open_measure: OpenMeasure) -> None:
    page = open_measure()
    pick_two_speeds(page)
    page.locator("[data-do=records-compare]").click()
    for width in (360, 390, 1024, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        for view, ready in VIEWS:
            page.locator(f".views-nav [data-view={view}]").click()
            expect(page.locator(ready).first).to_be_visible()
            no_wider_than_the_window(page)


def test_axe_finds_nothing_serious(open_measure: OpenMeasure, axe: str) -> None:
    page = open_measure(reduced_motion="reduce")  # colours change at once
    page.evaluate(axe)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.locator(".views-nav [data-view=runs]").click()
        pick_two_speeds(page)
        check_with_axe(page, f"the runs, {scheme}")
        page.locator("[data-do=records-compare]").click()
        expect(page.locator("[data-compared]")).to_be_visible()
        check_with_axe(page, f"a comparison, {scheme}")
        for view, ready in VIEWS[1:]:
            page.locator(f".views-nav [data-view={view}]").click()
            expect(page.locator(ready).first).to_be_visible()
            check_with_axe(page, f"{view}, {scheme}")
