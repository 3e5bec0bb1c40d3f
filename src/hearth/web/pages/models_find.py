"""Find models on the hub: what was searched for, what was found, and which hit is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args
from urllib.parse import urlsplit

from hearth.errors import HearthError, InvalidRequest, Offline, SourceError
from hearth.models.hub import Hub, SearchFilter, SearchHit
from hearth.models.hub.search import Sort
from hearth.models.library import ModelEntry
from hearth.web.commands import Command, Handler
from hearth.web.components.hub_results import HIT_LIMIT, Offer, draw_hit, offers_of
from hearth.web.components.region import Region
from hearth.web.parts import part

FORMATS = (("gguf", "Runs here (GGUF)"), ("safetensors", "safetensors"), ("", "Any format"))
SORTS = (
    ("downloads", "Most downloaded"),
    ("trending_score", "Trending"),
    ("last_modified", "Newest"),
    ("likes", "Most liked"),
)


@dataclass(slots=True, kw_only=True)
class FindView:
    """The search of one page.

    Args:
        pulling: Gives the references that are being downloaded now.
        entries: Gives the library as it was last read.
        free_bytes: Gives the memory that a model could take, when it is known.
        say: Lets a screen reader say something.
    """

    hub: Hub
    form: Region
    results: Region
    pulling: Callable[[], frozenset[str]]
    entries: Callable[[], Sequence[ModelEntry]]
    free_bytes: Callable[[], int | None]
    say: Callable[[str], None]
    wanted: SearchFilter = field(
        default=SearchFilter(format="gguf", sort="downloads", limit=HIT_LIMIT), init=False
    )
    hits: list[SearchHit] | None = field(default=None, init=False)
    error: HearthError | None = field(default=None, init=False)
    searching: bool = field(default=False, init=False)
    _opened: str | None = field(default=None, init=False)
    _offers: list[Offer] | None = field(default=None, init=False)
    _offers_error: HearthError | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about searching, by name."""
        return {
            "search-hub": self._search_command,
            "search-again": self._search_again,
            "open-hit": self._open,
        }

    async def search(self, wanted: SearchFilter) -> None:
        """Ask the hub, and show what it says; a later search overtakes an earlier one."""
        self.wanted, self.searching = wanted, True
        self.hits, self.error, self._opened = None, None, None
        self.draw()
        hits, error = None, None
        try:
            hits = await asyncio.to_thread(self.hub.search, wanted)
        except HearthError as failed:
            error = failed
        if self.wanted is not wanted:
            return
        self.hits, self.error, self.searching = hits, error, False
        self.draw()
        self.say(error.message if error else f"{len(hits or ())} models found.")

    def draw(self) -> None:
        """Draw the form and what was found."""
        wanted = self.wanted
        self.form.show(
            part(
                "hub_form",
                words=wanted.words,
                format=wanted.format or "",
                formats=FORMATS,
                sort=wanted.sort,
                sorts=SORTS,
            )
        )
        hits = self.hits
        self.results.show(
            part(
                "hub_results",
                hits=None if hits is None else [(hit.repo, self._drawn(hit)) for hit in hits],
                searching=self.searching,
                error=self.error,
                offline=isinstance(self.error, Offline | SourceError),
                host=urlsplit(self.hub.settings.endpoint).netloc,
            )
        )

    def _drawn(self, hit: SearchHit) -> str:
        opened = hit.repo == self._opened
        return draw_hit(
            hit,
            opened=opened,
            offers=self._offers if opened else None,
            error=self._offers_error if opened else None,
            pulling=self.pulling(),
            here={entry.digest: entry.name for entry in self.entries() if entry.digest},
            free_bytes=self.free_bytes(),
        )

    async def _search_command(self, command: Command) -> None:
        sort = command.get("sort", "downloads")
        if sort not in get_args(Sort):
            raise InvalidRequest(f"{sort!r} is no order; there are {', '.join(get_args(Sort))}.")
        await self.search(
            replace(
                self.wanted,
                words=command.get("words", "").strip()[:200],
                format=command.get("format") or None,
                sort=sort,  # type: ignore[arg-type]  # checked above
            )
        )

    async def _search_again(self, command: Command) -> None:
        await self.search(replace(self.wanted))

    async def _open(self, command: Command) -> None:
        """Show what can be downloaded of a hit, or hide it again."""
        repo = command.get("repo", "")
        self._offers, self._offers_error = None, None
        self._opened = None if repo == self._opened else repo
        self.draw()
        if self._opened is None:
            return
        offers, error = None, None
        try:
            offers = offers_of(await asyncio.to_thread(self.hub.repo, repo))
        except HearthError as failed:
            error = failed
        if self._opened == repo:
            self._offers, self._offers_error = offers, error
            self.draw()
