"""Checks of what a page is to those who do not see it or use no mouse."""

from __future__ import annotations

import json

from playwright.sync_api import Page


def check_with_axe(page: Page, where: str) -> None:
    """Fail when axe-core, loaded into the page before, finds something serious."""
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [
        (one["id"], one["help"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious, f"{where}: {json.dumps(serious, indent=1)}"


def tab_to(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Press Tab until an element has the focus, or fail after forty times."""
    for _ in range(40):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by the Tab key")


def no_wider_than_the_window(page: Page) -> None:
    """Fail when a page, or the views in it, can be scrolled sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(".views-scroll").evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0
