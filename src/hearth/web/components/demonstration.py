"""A demonstration of the guide as HTML: the same on the Guide page and in the static documentation.

Nothing here needs a script or an icon of the page; `demonstration.css` has its style.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from hearth.guide.demonstrations import (
    Bar,
    Bars,
    Demonstration,
    Part,
    Pieces,
    Prose,
    Series,
    Steps,
    Table,
    Verdict,
)
from hearth.plan.units import digits
from hearth.web.components.lens import visible, with_space
from hearth.web.components.line_plot import draw_series
from hearth.web.components.log_scale import decades_around
from hearth.web.components.whisker import Scale
from hearth.web.parts import part

KINDS = {"holds": "good", "does not hold": "bad", "not decided here": "info"}
WORDS = {
    "holds": "Holds here",
    "does not hold": "Does not hold here",
    "not decided here": "Not decided here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBar:
    """One bar as it is drawn; `share` is its length in percent."""

    label: str
    value: str
    share: float
    note: str
    is_reference: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPiece:
    """One token as it is drawn."""

    shown: str
    note: str
    special: bool
    weight: float
    breaks: bool


def draw_demonstration(found: Demonstration) -> Markup:
    """Return a demonstration; what is around it gives it its place and its button."""
    taken = datetime.fromisoformat(found.measured_at)
    return part(
        "demonstration",
        found=found,
        parts=[_draw(each) for each in found.parts],
        taken=f"{taken.day} {taken:%B %Y}",
    )


def drawn_bars(bars: Bars) -> list[DrawnBar]:
    """Return the bars with their lengths; the longest fills the line."""
    values = [bar.value for bar in bars.bars]
    if bars.scale == "log":
        share = decades_around(values).share
    else:
        share = Scale(low=0.0, high=max(values, default=0.0) or 1.0).share
    return [_drawn_bar(bar, bars.unit, share(bar.value)) for bar in bars.bars]


def _drawn_bar(bar: Bar, unit: str, share: float) -> DrawnBar:
    return DrawnBar(
        label=with_space(bar.label),
        value=f"{digits(bar.value)} {unit}".strip(),
        share=share,
        note=bar.note,
        is_reference=bar.is_reference,
    )


def _draw(each: Part) -> Markup:
    match each:
        case Bars():
            return part("demo_bars", bars=each, rows=drawn_bars(each))
        case Series():
            return part("demo_series", title=each.title, plot=draw_series(each))
        case Table():
            ends = [column.startswith(">") for column in each.columns]
            return part("demo_table", table=each, ends=ends)
        case Steps():
            return part("demo_steps", steps=each)
        case Pieces():
            return part("demo_pieces", title=each.title, pieces=_drawn_pieces(each))
        case Verdict():
            kind, words = KINDS[each.holds], WORDS[each.holds]
            return part("demo_verdict", verdict=each, kind=kind, words=words)
        case Prose():
            return part("demo_prose", text=each.text)


def _drawn_pieces(pieces: Pieces) -> list[DrawnPiece]:
    return [
        DrawnPiece(
            shown=visible(piece.text) or "·",
            note=piece.note,
            special=piece.special,
            weight=piece.weight,
            breaks="\n" in piece.text,
        )
        for piece in pieces.pieces
    ]
