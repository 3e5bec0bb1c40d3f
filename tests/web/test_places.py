"""Places of pages that have several views: each has an address that leads back to it."""

from __future__ import annotations

from pathlib import Path

import pytest

import hearth.web
from hearth.web.places import places_of

PAGES = ("machine", "measure", "arena", "evidence", "guide")
ICONS = (Path(hearth.web.__file__).parent / "static" / "icons.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_view_has_an_address_that_leads_back(page: str) -> None:
    places = places_of(page)
    for name in places.names:
        place = places.at(name, "a b&c")
        assert places.of(places.address(place).partition("?")[2]) == place


@pytest.mark.parametrize("page", PAGES)
def test_every_view_has_a_drawing_and_words_of_its_own(page: str) -> None:
    views = places_of(page).views
    assert len({view.command for view in views}) == len(views)
    for name in (page, *(view.icon for view in views)):
        assert f'id="i-{name}"' in ICONS


def test_an_unknown_place_is_the_first_view() -> None:
    places = places_of("machine")
    assert places.of("show=nothing") == places.start
    assert places.address(places.start) == "/machine"


def test_a_subject_has_a_longest_length() -> None:
    assert len(places_of("machine").of("show=claim&of=" + "x" * 9000).subject) == 500
