"""The timeline as chart options: every release in a lane, its kind told by more than colour."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.models.catalogue import Release, ReleaseDate, releases
from hearth.web.components.timeline_chart import (
    OTHERS,
    OWN_LANE_FROM,
    STYLES,
    Lanes,
    chart_height,
    chart_options,
    lanes,
)
from hearth.web.pages.timeline import Wanted

EVERY: tuple[Lanes, ...] = ("publisher", "family")


@pytest.mark.parametrize("by", EVERY)
def test_every_release_is_drawn_once_in_a_lane(by: Lanes) -> None:
    options = chart_options(releases(), by)["baseOption"]
    points = [point for series in options["series"] for point in series["data"]]
    assert sorted(point["name"] for point in points) == sorted(row.name for row in releases())
    assert {point["value"][1] for point in points} == set(options["yAxis"]["data"])


def test_few_releases_share_the_last_lane() -> None:
    names = lanes(releases(), "publisher")
    assert names[-1] == OTHERS
    for name in names[:-1]:
        assert sum(row.publisher == name for row in releases()) >= OWN_LANE_FROM
    assert "Kunlun" not in names


def test_kinds_differ_in_shape() -> None:
    shapes = [shape for shape, _ in STYLES.values()]
    assert len(set(shapes)) == len(shapes) == 3


def test_a_month_is_drawn_in_its_middle() -> None:
    row = Release(
        date=ReleaseDate.parse("2024-05"),
        name="<b>Bold</b>",
        family="llama",
        publisher="Meta & Co",
        novelty="Nothing.",
        source="https://example.org/x",
        weights="open",
    )
    (point,) = chart_options([row], "publisher")["baseOption"]["series"][0]["data"]
    assert point["value"] == ["2024-05-15", OTHERS]
    assert "&lt;b&gt;Bold&lt;/b&gt;" in point["tip"]
    assert "2024-05 · Meta &amp; Co" in point["tip"]


def test_nothing_to_draw_is_no_error() -> None:
    assert chart_height([], "family") > 0
    assert chart_options([], "family")["baseOption"]["yAxis"]["data"] == []


def test_the_bar_chooses_rows() -> None:
    wanted = Wanted().choose("since", "2024").choose("weights", "closed").choose("lanes", "family")
    rows = wanted.rows()
    assert {row.weights for row in rows} == {"closed"}
    assert min(row.date.year for row in rows) == 2024
    assert {row.publisher for row in Wanted(query="MISTRAL large").rows()} == {"Mistral AI"}
    for name, value in (("since", "1999"), ("weights", "ajar"), ("lanes", ""), ("colour", "red")):
        with pytest.raises(InvalidRequest):
            Wanted().choose(name, value)
