"""The starter and two copies of it in fewer bits: quantized, measured, and voted on by a person.

Everything goes the way a user goes: the commands in processes of their own, the votes by key in a
real browser, all in one home beside a running server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hearth.config import load_config
from hearth.measure.evidence import open_ledger
from hearth.measure.quants import points_of
from support.web_server import WebServer, web_server

pytestmark = [pytest.mark.web, pytest.mark.starter, pytest.mark.slow, pytest.mark.timeout(900)]

SIBLINGS = ("SmolLM2-135M-Instruct-Q8_0", "SmolLM2-135M-Instruct-Q4_0")
CONTESTANTS = "\n".join(f"{name}?temperature=0&max_tokens=16" for name in ("starter", *SIBLINGS))
QUESTIONS = ("Name a colour.", "What is the capital of France?", "Is the sea salty?")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, starter_path: Path) -> Path:
    """Return a home with both copies."""
    found = tmp_path_factory.mktemp("siblings-home")
    for quantization in ("Q8_0", "Q4_0"):
        hearth(found, "quantize", "starter", quantization, "--allow-requantize")
    return found


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[WebServer]:
    with web_server(home, "starter") as one:
        yield one


def hearth(home: Path, *words: str) -> str:
    """Run a command; return what it wrote."""
    environment = {
        **os.environ,
        "HEARTH_HOME": str(home),
        "HEARTH_OTHER_PROGRAMS": "false",
        "HF_HOME": str(home / "huggingface"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "hearth", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def evidence(home: Path, kind: str) -> dict[str, Any]:
    """Return the newest record of a kind, after the whole ledger was held against its hashes."""
    hearth(home, "evidence", "verify")
    found = json.loads(hearth(home, "evidence", "list", "--kind", kind, "--json"))
    return json.loads(hearth(home, "evidence", "show", found[0]["id"], "--json"))


def test_their_size_speed_and_distance_are_compared(home: Path) -> None:
    small = ("--rounds", "3", "--prompt", "32", "--answer", "8", "--max-tokens", "1024")
    hearth(home, "bench", "quants", "starter", "Q8_0", "Q4_0", *small)
    with open_ledger(load_config(home=home, other_programs=False)) as ledger:
        points = points_of(ledger.get(evidence(home, "quants")["id"]))
    _, large, small = points
    assert [one.is_reference for one in points] == [True, False, False]
    assert 0 < large.distance.value < small.distance.value < 1
    assert large.same_top.value > 0.9
    assert sum(one.is_choice for one in points) == 1


def test_truth_is_asked_of_two_of_them(home: Path) -> None:
    hearth(home, "eval", "truth", "starter", "--limit", "2", "--against", SIBLINGS[1])
    record = evidence(home, "truth-difference")
    assert len(record["subjects"]) == 2


def test_a_person_votes_on_all_three(server: WebServer, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{server.url}/arena?show=setup", ready="#a-others")
    page.locator("#a-others").fill(CONTESTANTS)
    page.locator(".arena-setup .primary").click()
    for question in QUESTIONS:
        vote(page, question)
    page.locator(".views-nav [data-view=board]").click()
    expect(page.locator(".board").first.locator("tbody tr")).to_have_count(3)
    shown = json.loads(hearth(server.home, "arena", "board", "--json"))
    assert shown["evidence"] == evidence(server.home, "arena")["id"]


def vote(page: Page, question: str) -> None:
    """Ask two of them, and prefer the longer answer: some people do."""
    page.locator("#arena-text").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("[data-outcome=left]")).to_be_enabled()
    left, right = (page.locator(".arena-side").nth(side).inner_text() for side in (0, 1))
    page.locator(".arena-side").first.click()
    page.keyboard.press("3" if len(left) == len(right) else "1" if len(left) > len(right) else "2")
    expect(page.locator("[data-voted]")).to_be_visible()
