"""Draws what a demonstration of the guide hands over: bars, tables, lines, tokens, verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hearth.cli import console
from hearth.guide.demonstrations import (
    Bars,
    Demonstration,
    Line,
    Part,
    Pieces,
    Prose,
    Series,
    Steps,
    Table,
    Verdict,
)
from hearth.plan.units import digits

_BAR_WIDTH = 32
_LINE_WIDTH = 48
_HEIGHTS = "▁▂▃▄▅▆▇█"
_COLOURS = {"holds": "green", "does not hold": "red", "not decided here": "blue"}
_PIECE_STYLES = ("black on bright_cyan", "black on bright_yellow")
_SPECIAL_STYLE = "bold white on magenta"
_STRONG_STYLE = "bold white on red"
_STRONG = 0.5  # weight from which a piece is marked
_MIN_LOG_PART = 0.02  # length of the shortest bar on a logarithmic scale


def draw(made: Demonstration) -> None:
    """Draw a demonstration, part by part."""
    out = console.out()
    out.print(f"[bold]{console.literal(made.title)}[/bold]")
    out.print(console.literal(made.says))
    for part in made.parts:
        out.print()
        _draw_part(part)
    model = f" · model {console.literal(made.model)}" if made.model else ""
    earlier = "measured" if made.cached else "seen"
    console.note(f"{made.name}: {earlier} {made.measured_at}{model}")


def _draw_part(part: Part) -> None:
    match part:
        case Bars():
            _draw_bars(part)
        case Table():
            _draw_table(part)
        case Series():
            _draw_series(part)
        case Steps():
            _draw_steps(part)
        case Pieces():
            _draw_pieces(part)
        case Verdict():
            _draw_verdict(part)
        case Prose():
            console.out().print(console.literal(part.text))


def _heading(title: str) -> None:
    console.out().print(f"[bold]{console.literal(title)}[/bold]")


def _draw_bars(part: Bars) -> None:
    _heading(part.title)
    shown = console.table("", f">{part.unit}", "", "")
    shown.show_header = False
    for bar, length in zip(part.bars, _lengths(part), strict=True):
        drawn = "█" * round(length * _BAR_WIDTH) or "▏"
        style = "dim" if bar.is_reference else "none"
        shown.add_row(
            console.visible(bar.label) if part.unit == "%" else console.literal(bar.label),
            f"{digits(bar.value)} {part.unit}",
            drawn,
            console.literal(bar.note),
            style=style,
        )
    console.out().print(shown)


def _lengths(part: Bars) -> list[float]:
    """Return the length of each bar, 0 to 1."""
    values = [bar.value for bar in part.bars]
    largest = max(values, default=0.0)
    if not largest:
        return [0.0 for _ in values]
    if part.scale == "linear":
        return [value / largest for value in values]
    span = math.log(largest / min(values)) or 1.0
    rest = 1 - _MIN_LOG_PART
    return [_MIN_LOG_PART + rest * math.log(value / min(values)) / span for value in values]


def _draw_table(part: Table) -> None:
    _heading(part.title)
    shown = console.table(*part.columns)
    for row in part.rows:
        shown.add_row(*map(console.literal, row))
    console.out().print(shown)


def _draw_series(part: Series) -> None:
    _heading(f"{part.title}: {part.y_label} over {part.x_label}")
    shown = console.table("", ">from", "", ">to")
    shown.show_header = False
    for line in part.lines:
        drawn = _sparkline(line, part)
        first, last = (f"{digits(y)}" for y in (line.ys[0], line.ys[-1]))
        shown.add_row(console.literal(line.name), first, drawn, last)
    xs = [x for line in part.lines for x in line.xs]
    shown.add_row(
        "", digits(min(xs)), f"[dim]{console.literal(part.x_label)}[/dim]", digits(max(xs))
    )
    console.out().print(shown)


def _sparkline(line: Line, part: Series) -> str:
    """Return a line as blocks, all lines of a chart on one scale."""
    ys = [y for each in part.lines for y in each.ys]
    low, high = min(ys), max(ys)
    if part.y_scale == "log" and low > 0:
        heights = [math.log(y / low) / (math.log(high / low) or 1.0) for y in line.ys]
    else:
        heights = [(y - low) / ((high - low) or 1.0) for y in line.ys]
    return "".join(_HEIGHTS[round(h * (len(_HEIGHTS) - 1))] for h in _thinned(heights))


def _thinned(values: Sequence[float]) -> Sequence[float]:
    if len(values) <= _LINE_WIDTH:
        return values
    return [values[place * len(values) // _LINE_WIDTH] for place in range(_LINE_WIDTH)]


def _draw_steps(part: Steps) -> None:
    _heading(part.title)
    shown = console.table("", "")
    shown.show_header = False
    for step in part.steps:
        shown.add_row(f"[dim]{console.literal(step.title)}[/dim]", console.literal(step.text))
    console.out().print(shown)


def _draw_pieces(part: Pieces) -> None:
    _heading(part.title)
    marked = ""
    for number, piece in enumerate(part.pieces):
        style = _PIECE_STYLES[number % 2]
        if piece.special:
            style = _SPECIAL_STYLE
        elif piece.weight >= _STRONG:
            style = _STRONG_STYLE
        marked += f"[{style}]{console.visible(piece.text, keep_lines=True)}[/]"
    out = console.out()
    out.print(marked)
    notes = "  ".join(f"{piece.text.strip() or '·'}: {piece.note}" for piece in part.pieces)
    out.print(f"[dim]{console.literal(notes)}[/dim]")


def _draw_verdict(part: Verdict) -> None:
    out = console.out()
    colour = _COLOURS[part.holds]
    out.print(f"[{colour}]{part.holds.upper()}[/]  {console.literal(part.claim)}")
    out.print(f"  {console.literal(part.figures)}")
    for step in part.steps:
        out.print(f"  [dim]{console.literal(step)}[/dim]")
