"""What the Guide page draws: topics, demonstrations, plots, and terms that lead to topics."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hearth.web
from hearth.guide import find, topics
from hearth.guide.demonstrations import (
    Bar,
    Bars,
    Demonstration,
    Line,
    Piece,
    Pieces,
    Prose,
    Series,
    Step,
    Steps,
    Table,
    Verdict,
)
from hearth.web.components.demonstration import draw_demonstration, drawn_bars
from hearth.web.components.line_plot import MAX_DOTS, MAX_ROWS, axis_around, draw_series
from hearth.web.components.topic import draw_more, draw_topic, tree
from hearth.web.parts import part, term, termed

EVIL = '"><script>alert(1)</script>'
PARTS = Path(hearth.web.__file__).parent / "parts"


def demonstration(*parts: object) -> Demonstration:
    return Demonstration(
        name="made-up",
        title=EVIL,
        says=EVIL,
        parts=parts,  # type: ignore[arg-type]
        measured_at="2026-11-22T10:00:00+00:00",
        model=EVIL,
    )


def series(*lines: Line, **scales: str) -> Series:
    return Series(title=EVIL, x_label=EVIL, y_label=EVIL, lines=lines, **scales)  # type: ignore[arg-type]


# --- demonstrations ---------------------------------------------------------------------------


def test_every_kind_of_part_is_drawn_and_escaped() -> None:
    line = Line(name=EVIL, xs=(1, 2), ys=(1, 4))
    html = draw_demonstration(
        demonstration(
            Bars(title=EVIL, unit=EVIL, bars=(Bar(label=EVIL, value=1, note=EVIL),)),
            series(line, Line(name="other", xs=(1,), ys=(2,))),
            Table(title=EVIL, columns=(EVIL, ">number"), rows=((EVIL, "12"),)),
            Steps(title=EVIL, steps=(Step(title=EVIL, text=EVIL),)),
            Pieces(title=EVIL, pieces=(Piece(text=EVIL, note=EVIL, special=True),)),
            Verdict(claim=EVIL, holds="does not hold", figures=EVIL, steps=(EVIL,)),
            Prose(text=EVIL),
        )
    )
    assert "<script" not in html
    assert html.count('<div class="demo-part">') == 7
    assert "Does not hold here" in html
    assert "22 November 2026" in html


def test_what_was_looked_up_says_so() -> None:
    found = Demonstration(
        name="a",
        title="a",
        says="a",
        parts=(),
        measured_at="2026-05-04T10:00:00+00:00",
        cached=True,
    )
    assert "4 May 2026" in draw_demonstration(found)
    assert "looked up now" in draw_demonstration(found)


def test_the_longest_bar_fills_its_line() -> None:
    bars = Bars(title="", unit="%", bars=(Bar(label=" a", value=50), Bar(label="b", value=0)))
    longest, none = drawn_bars(bars)
    assert (longest.share, longest.label, longest.value) == (100, "␣a", "50 %")
    assert none.share == 0


def test_bars_that_are_all_nothing_have_no_length() -> None:
    bars = Bars(title="", unit="", bars=(Bar(label="a", value=0),))
    assert drawn_bars(bars)[0].share == 0


def test_bars_of_powers_of_ten_grow_by_equal_steps() -> None:
    values = (10.0, 100.0, 1000.0)
    bars = tuple(Bar(label=str(value), value=value) for value in values)
    shares = [bar.share for bar in drawn_bars(Bars(title="", unit="", bars=bars, scale="log"))]
    assert shares == [0, 50, 100]


# --- plots ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [[0.0], [3.0], [-2.0, 5.0], [1e-9, 2e-9], [0.1, 1e12], [1000.0, 1001.0]]
)
@pytest.mark.parametrize("is_tight", [True, False])
def test_a_straight_axis_holds_its_values(values: list[float], is_tight: bool) -> None:
    axis = axis_around(values, "linear", is_tight=is_tight)
    assert all(0 <= axis.share(value) <= 100 for value in values)
    assert all(0 <= tick.at <= 100 for tick in axis.ticks)
    assert 1 <= len(axis.ticks) <= 12


def test_round_numbers_are_the_ends_of_an_axis() -> None:
    axis = axis_around([1.0, 97.0], "linear")
    assert [tick.words for tick in axis.ticks] == ["0", "50", "100"]


def test_a_logarithmic_axis_has_no_more_ticks_than_can_be_read() -> None:
    axis = axis_around([1e-3, 1e15], "log")
    assert len(axis.ticks) <= 7
    assert axis.share(1e6) == pytest.approx(50)


def test_a_plot_says_its_figures_as_a_table_too() -> None:
    line = Line(name="speed", xs=(1, 10, 100), ys=(5, 50, 500))
    other = Line(name="limit", xs=(10,), ys=(60,))
    html = draw_series(series(line, other, x_scale="log", y_scale="log"))
    assert re.findall(r'<td class="mono end">([^<]*)</td>', html)[3:6] == ["10", "50", "60"]
    assert html.count("plot-dot") == 4


def test_many_points_are_a_line_without_dots_and_a_short_table() -> None:
    values = tuple(float(x) for x in range(1000))
    html = draw_series(series(Line(name="a", xs=values, ys=values)))
    assert MAX_DOTS < 1000
    assert "plot-dot" not in html
    assert html.count("<tr>") <= MAX_ROWS + 1


def test_what_has_no_place_on_a_logarithmic_axis_is_left_out() -> None:
    html = draw_series(series(Line(name="a", xs=(0, 1, 2), ys=(1, 1, 2)), x_scale="log"))
    assert html.count("plot-dot") == 2


# --- topics -----------------------------------------------------------------------------------


def test_every_topic_is_drawn_with_its_sources() -> None:
    for topic in topics():
        html = draw_topic(topic) + draw_more(topic)
        assert topic.title.partition("'")[0] in html.unescape()
        assert html.count('rel="noopener noreferrer"') >= len(topic.sources)


def test_the_tree_has_every_topic_once_and_is_open_at_the_present_one() -> None:
    current = find("quantization").topic
    branches = tree(current)
    html = part("guide_tree", branches=branches, current=current.id)
    for topic in topics():
        assert html.count(f'data-of="{topic.id}"') == 1
    assert [each.topic.id for each in branches if each.is_open] == [current.parent]
    assert html.count('aria-current="page"') == 1


# --- terms ------------------------------------------------------------------------------------


def test_every_term_of_a_page_leads_to_a_topic() -> None:
    known = {topic.id for topic in topics()}
    for file in PARTS.glob("*.html"):
        for name in re.findall(r'term\("([^"]+)"', file.read_text(encoding="utf-8")):
            assert name in known, f"{file.name} leads to {name}"


@pytest.mark.parametrize(
    "page", ["welcome", "card_body", "machine_levels", "measure_quants", "arena_setup", "records"]
)
def test_every_page_has_terms(page: str) -> None:
    assert "term(" in (PARTS / f"{page}.html").read_text(encoding="utf-8")


def test_a_term_shows_the_first_sentence() -> None:
    html = term("context", EVIL)
    assert 'href="/guide?show=topic&amp;of=context"' in html
    assert find("context").topic.summary[:20] in html
    assert "<script" not in html


def test_words_that_no_topic_has_stay_words() -> None:
    assert termed(EVIL) == term("context", EVIL).partition(">")[2].removesuffix("</a>")
    assert 'of=context"' in termed("CTX")
