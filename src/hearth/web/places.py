"""The views of a page that has several: their names, their addresses, and where a tab stands.

A page such as `/machine` shows one of its views at a time: `/machine?show=plan&of=Qwen3-8B`.
What an address does not know leads to the first view, and never to an error. `places.toml` names
the views of every page.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qs, urlencode

MAX_SUBJECT_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEntry:
    """A view of a page.

    Args:
        word: In the page's own navigation; `command` in the palette.
    """

    name: str
    word: str
    command: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one is on a page.

    Args:
        view: The name of one of the page's views.
        subject: What the view is about, such as the model of a plan; may be empty.
    """

    view: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The views of one page; the first of them has the page's bare address.

    Args:
        path: The page's address.
        word: The page's name in the browser's tab.
        list_word: What the list beside the page holds; empty for a page without one.
    """

    path: str
    word: str
    list_word: str = ""
    views: tuple[ViewEntry, ...]

    @property
    def start(self) -> Place:
        """Where the page's bare address leads."""
        return Place(view=self.views[0].name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the views."""
        return tuple(view.name for view in self.views)

    def at(self, view: str, subject: str = "") -> Place:
        """Return the place with that view and subject; an unknown view is the first one."""
        known = view if view in self.names else self.names[0]
        return Place(view=known, subject=subject[:MAX_SUBJECT_CHARS])

    def of(self, search: str) -> Place:
        """Return the place of an address, by what stands after its question mark."""
        asked = parse_qs(search.removeprefix("?"), keep_blank_values=True)
        return self.at(asked.get("show", [""])[0], asked.get("of", [""])[0])

    def address(self, place: Place) -> str:
        """Return a place's own address."""
        if place == self.start:
            return self.path
        asked = {"show": place.view} | ({"of": place.subject} if place.subject else {})
        return f"{self.path}?{urlencode(asked)}"

    def title(self, place: Place) -> str:
        """Return what the browser's tab says."""
        if place.view == self.names[0]:
            return self.word
        word = next(view.word for view in self.views if view.name == place.view)
        return f"{word} · {self.word}"


def places_of(page: str) -> Places:
    """Return the views of a page, by the page's name in `places.toml`."""
    return _all_places()[page]


@cache
def _all_places() -> dict[str, Places]:
    text = files("hearth.web").joinpath("places.toml").read_text(encoding="utf-8")
    return {
        page: Places(
            path=entry["path"],
            word=entry["word"],
            list_word=entry.get("list", ""),
            views=tuple(ViewEntry(**view) for view in entry["views"]),
        )
        for page, entry in tomllib.loads(text).items()
    }
