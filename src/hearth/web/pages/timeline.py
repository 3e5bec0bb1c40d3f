"""The Timeline page: who published which language model when, as a chart and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from markupsafe import Markup
from nicegui import ui
from nicegui.element import Element
from nicegui.elements.echart import EChart
from nicegui.events import EChartPointClickEventArguments

from hearth.errors import InvalidRequest
from hearth.models.catalogue import Release, family, releases, select_releases, size_class
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.components.timeline_chart import Lanes, chart_height, chart_options
from hearth.web.frame import Frame, PageEntry, PaletteEntry, build_frame
from hearth.web.pages.chips import Chips
from hearth.web.parts import part
from hearth.web.services import Services
from hearth.web.theme import chart_theme

REFRESH_EVERY_S = 1.0
MAX_QUERY_CHARS = 200

ENTRIES = (
    PaletteEntry(
        words="Show the timeline as a chart", icon="lens", data={"do": "view", "view": "chart"}
    ),
    PaletteEntry(
        words="Show the timeline as a table", icon="menu", data={"do": "view", "view": "table"}
    ),
)
WeightsWanted = Literal["all", "open", "closed"]
View = Literal["auto", "chart", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the page is asked to show.

    Args:
        view: "auto" is the chart on a wide screen and the table on a phone.
        query: Part of the name of a model, family or publisher.
    """

    lanes: Lanes = "publisher"
    weights: WeightsWanted = "all"
    since: int = 2017
    query: str = ""
    view: View = "auto"

    def choose(self, name: str, value: str) -> Wanted:
        """Return this with another choice of the page's bar.

        Raises:
            InvalidRequest: There is no such choice.
        """
        if name == "lanes" and value in get_args(Lanes):
            return replace(self, lanes=cast(Lanes, value))
        if name == "weights" and value in get_args(WeightsWanted):
            return replace(self, weights=cast(WeightsWanted, value))
        if name == "view" and value in get_args(View):
            return replace(self, view=cast(View, value))
        if name == "since" and value in map(str, _years()):
            return replace(self, since=int(value))
        raise InvalidRequest(f"The timeline has no choice {name}={value!r}.")

    def rows(self) -> list[Release]:
        """Return the releases that are wanted, the oldest first."""
        found = select_releases(since=str(self.since))
        return [row for row in found if self._fits(row)]

    def _fits(self, row: Release) -> bool:
        if self.weights not in ("all", row.weights):
            return False
        text = f"{row.name} {row.publisher} {family(row.family).name}".casefold()
        return all(word in text for word in self.query.casefold().split())


def _register(services: Services, pages: Sequence[PageEntry]) -> None:
    @ui.page("/timeline")
    async def timeline(query: str = "") -> None:
        frame = build_frame("timeline", pages, ENTRIES)
        view = _draw(frame, Wanted(query=query[:MAX_QUERY_CHARS]))
        view.wanted = replace(view.wanted, query=query[:MAX_QUERY_CHARS])
        frame.commands.register(view.commands())
        view.refresh()
        chips = Chips(services, frame)
        await chips.refresh()
        ui.timer(REFRESH_EVERY_S, chips.refresh)


TIMELINE = PageEntry(
    name="timeline", word="Timeline", path="/timeline", icon="timeline", register=_register
)


def _draw(frame: Frame, wanted: Wanted) -> TimelineView:
    with Element("div").classes("timeline").props("id=hearth-main") as main:
        head = Region(tag="header").classes("timeline-head")
        with Element("div").classes("timeline-body") as body:
            with Element("div").classes("timeline-chart") as place:
                chart = ui.echart({}, theme=chart_theme(), renderer="svg")
            table = Region().classes("timeline-table")
        facts = Region(tag="aside").classes("timeline-facts")
    body.props('tabindex=0 role=region aria-label="Releases"')
    place.props('role=img aria-label="Chart of the releases; the table holds the same facts"')
    facts.props('aria-label="Facts of a release" aria-live=polite')
    return TimelineView(
        frame=frame, main=main, head=head, chart=chart, table=table, facts=facts, wanted=wanted
    )


@dataclass(slots=True, kw_only=True)
class TimelineView:
    """The page's places, and what they are asked to show."""

    frame: Frame
    main: Element
    head: Region
    chart: EChart
    table: Region
    facts: Region
    wanted: Wanted

    def __post_init__(self) -> None:
        self.chart.on_point_click(self._pick)
        self.facts.set_visibility(False)

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""
        return {
            "set": self._set,
            "search": self._search,
            "view": self._view,
            "unpick": self._unpick,
        }

    def refresh(self) -> None:
        """Draw what is wanted."""
        wanted, rows = self.wanted, self.wanted.rows()
        self.main.props(f"data-view={wanted.view}")
        self.frame.top_start.show(part("timeline_top", view=wanted.view))
        self.head.show(_head(wanted, len(rows)))
        self.table.show(_table(rows))
        self.chart.options.clear()
        self.chart.options.update(chart_options(rows, wanted.lanes))
        self.chart.style(f"height: {chart_height(rows, wanted.lanes)}px")
        self.chart.update()

    async def _set(self, command: Command) -> None:
        self.wanted = self.wanted.choose(command.get("name", ""), command.get("value", ""))
        self._tell()

    async def _search(self, command: Command) -> None:
        self.wanted = replace(self.wanted, query=command.get("query", "")[:MAX_QUERY_CHARS])
        self._tell()

    async def _view(self, command: Command) -> None:
        self.wanted = self.wanted.choose("view", command.get("view", ""))
        self.refresh()

    async def _unpick(self, command: Command) -> None:
        self.facts.set_visibility(False)

    def _tell(self) -> None:
        self.refresh()
        self.frame.say(f"{len(self.wanted.rows())} releases shown")

    def _pick(self, event: EChartPointClickEventArguments) -> None:
        row = next((one for one in releases() if one.name == event.name), None)
        if row is None:
            return
        sizes = [(size, size_class(size.total).name) for size in row.sizes]
        host = urlsplit(row.source).hostname
        values = {"row": row, "family": family(row.family).name, "sizes": sizes, "host": host}
        self.facts.show(part("timeline_facts", **values))
        self.facts.set_visibility(True)


def _head(wanted: Wanted, shown: int) -> Markup:
    return part(
        "timeline_head",
        lanes=wanted.lanes,
        weights=wanted.weights,
        since=wanted.since,
        query=wanted.query,
        years=_years(),
        shown=shown,
        total=len(releases()),
    )


def _table(rows: Sequence[Release]) -> Markup:
    newest = reversed(rows)
    years = [(year, list(group)) for year, group in groupby(newest, key=lambda row: row.date.year)]
    return part("timeline_table", years=years)


def _years() -> list[int]:
    found = releases()
    return list(range(found[0].date.year, found[-1].date.year + 1))
