"""The design tokens: every pair meets its contrast, every colour that is used exists."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from hearth.web.theme import Mode, chart_theme, contrast, css_variables, tokens

MODES: tuple[Mode, ...] = ("dark", "light")
PAIRS = [tuple(pair) for pair in tokens()["contrast"]["pairs"]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast_meets_wcag_aa(mode: Mode, front: str, ground: str, least: float) -> None:
    colour = tokens()[mode]
    assert contrast(colour[front], colour[ground]) >= least


@pytest.mark.parametrize("mode", MODES)
def test_text_stays_readable_on_the_strongest_tint_of_the_lens(mode: Mode) -> None:
    colour = tokens()[mode]
    tinted = _mix(colour["ember"], colour["base"], 0.42)
    assert contrast(colour["text"], tinted) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_series_can_be_told_from_the_page(mode: Mode) -> None:
    for colour in tokens()["series"][mode]:
        assert contrast(colour, tokens()[mode]["surface"]) >= 3.0


def test_the_formula_has_its_known_ends() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_both_modes_define_the_same_colours() -> None:
    assert tokens()["dark"].keys() == tokens()["light"].keys()


def test_every_variable_that_a_style_sheet_uses_is_defined() -> None:
    defined = set(re.findall(r"--([\w-]+):", css_variables())) | {"s", "y-chars"}
    for sheet in files("hearth.web").joinpath("static").iterdir():
        if sheet.name.endswith(".css"):
            used = set(re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8")))
            assert used <= defined, sheet.name


def test_style_sheets_name_no_colour_of_their_own() -> None:
    for sheet in files("hearth.web").joinpath("static").iterdir():
        if sheet.name.endswith(".css"):
            assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet.read_text(encoding="utf-8"))


def test_charts_share_the_page_colours_in_both_modes() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", str(chart_theme())))
    assert {"text", "line", "series-1"} <= used
    assert used <= set(re.findall(r"--([\w-]+):", css_variables()))
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", str(chart_theme()))


def _mix(front: str, back: str, share: float) -> str:
    channels = (
        round(int(front[i : i + 2], 16) * share + int(back[i : i + 2], 16) * (1 - share))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02X}" for channel in channels)
