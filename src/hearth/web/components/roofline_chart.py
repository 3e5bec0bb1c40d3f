"""The roofline as a chart: roofs of the devices, and two dots for each model under them.

Decoding is a circle, reading a prompt a diamond; predicted ones are hollow and carry their
interval, measured ones are filled. What the chart says, the table beside it says as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from hearth.plan.arithmetic import Range
from hearth.plan.intensity import Dot, Roof
from hearth.plan.speeds import Speeds
from hearth.plan.units import digits, scaled, tokens_per_s

NUM_COLOURS = 6
SYMBOLS = {"decode": ("circle", 13), "prompt": ("diamond", 15)}
WORDS = {"decode": "writing an answer", "prompt": "reading a prompt"}
MAX_TIP_STEPS = 8
PHONE_PX = 600
POWERS = "(value) => hearth.power(value)"  # machine.js: 1.0E12 as 1 T


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDots:
    """A model under the roof.

    Args:
        colour: Number of its colour, which it has on every page.
        measured: Tokens per second that were seen here, by kind of pass.
    """

    name: str
    quantization: str
    colour: int
    dots: tuple[Dot, Dot]
    speeds: Speeds
    measured: dict[str, float]


def colour_of(index: int) -> str:
    """Return the colour of the model at a place in the library's order."""
    return f"var(--series-{index % NUM_COLOURS + 1})"


def roofline_options(models: Sequence[ModelDots], roofs: Sequence[Roof]) -> dict[str, Any]:
    """Return the ECharts options that draw models under the roofs of a machine."""
    horizontal, vertical = _span(models, roofs)
    series = [_roof_line(roof, horizontal) for roof in roofs]
    series.append(_whiskers(models))
    series += [_dots(models, kind, measured=False) for kind in SYMBOLS]
    series += [_dots(models, kind, measured=True) for kind in SYMBOLS]
    base = {
        "animation": False,
        "aria": {"enabled": False},  # the page describes the chart in its own words
        "grid": {"left": 12, "right": 28, "top": 36, "bottom": 34, "containLabel": True},
        "xAxis": _axis("operations for each byte read", horizontal, gap=28, location="middle"),
        "yAxis": _axis("operations per second", vertical, gap=14, location="end"),
        "tooltip": {
            "trigger": "item",
            "confine": True,
            ":formatter": "(point) => point.data.tip",
            "extraCssText": "max-width: 400px; white-space: normal; box-shadow: none;",
        },
        "series": series,
    }
    phone = {"grid": {"left": 4, "right": 14}}
    return {"baseOption": base, "media": [{"query": {"maxWidth": PHONE_PX}, "option": phone}]}


def _span(
    models: Sequence[ModelDots], roofs: Sequence[Roof]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the powers of ten that both axes span."""
    every = [dot for model in models for dot in model.dots]
    knees = [roof.knee for roof in roofs if roof.knee]
    across = _powers([0.5, 100.0, *(dot.intensity for dot in every), *(2 * at for at in knees)])
    heights = [value for dot in every if (value := dot.height)]
    up = [number for height in heights for number in (height.low, height.high)]
    up += [roof.peak for roof in roofs if roof.peak] or [
        roof.bandwidth * across[1] / 10 for roof in roofs
    ]
    up += [roof.bandwidth * across[0] for roof in roofs]
    return across, _powers(up or [1e9, 1e12])


def _powers(values: Iterable[float]) -> tuple[float, float]:
    known = [value for value in values if value > 0]
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _axis(name: str, span: tuple[float, float], *, gap: int, location: str) -> dict[str, Any]:
    return {
        "type": "log",
        "name": name,
        "nameLocation": location,
        "nameGap": gap,
        "nameTextStyle": {
            "color": "var(--muted)",
            "align": "left" if location == "end" else "center",
        },
        "min": span[0],
        "max": span[1],
        "axisLabel": {":formatter": POWERS},
        "minorSplitLine": {"show": False},
    }


def _roof_line(roof: Roof, across: tuple[float, float]) -> dict[str, Any]:
    left, right = across
    points = [[left, roof.bandwidth * left]]
    if roof.peak and roof.knee:
        points += [[roof.knee, roof.peak], [right, roof.peak]]
    else:
        points.append([right, roof.bandwidth * right])
    tip = Markup("<strong>{}</strong><br>{}").format(roof.name, roof_words(roof))
    return {
        "type": "line",
        "name": roof.name,
        "data": [{"value": point, "tip": str(tip)} for point in points],
        "symbol": "none",
        "clip": True,
        "silent": True,
        "lineStyle": {"color": "var(--muted)", "width": 2},
        "emphasis": {"disabled": True},
    }


def roof_words(roof: Roof) -> str:
    """Say what a device can do at most."""
    reading = f"reads {scaled(roof.bandwidth, 'B/s')}"
    if roof.peak is None:
        return f"{reading}; how fast it computes has not been measured"
    how = "its fastest kernel, measured" if roof.peak_is_measured else "in 16 bits"
    return f"{reading}, computes {scaled(roof.peak, 'FLOP/s')} ({how})"


def _whiskers(models: Sequence[ModelDots]) -> dict[str, Any]:
    """Draw all intervals as one line with gaps."""
    data: list[list[float | str]] = []
    for model in models:
        for dot in model.dots:
            if dot.height:
                data += [[dot.intensity, dot.height.low], [dot.intensity, dot.height.high]]
                data.append(["-", "-"])
    return {
        "type": "line",
        "data": data,
        "symbol": "none",
        "silent": True,
        "connectNulls": False,
        "lineStyle": {"color": "var(--muted)", "width": 1.5},
        "emphasis": {"disabled": True},
    }


def _dots(models: Sequence[ModelDots], kind: str, *, measured: bool) -> dict[str, Any]:
    symbol, size = SYMBOLS[kind]
    points = []
    for model in models:
        dot = next(dot for dot in model.dots if dot.kind == kind)
        at = _height(model, dot, measured=measured)
        if at is None:
            continue
        colour = colour_of(model.colour)
        points.append(
            {
                "name": model.name,
                "value": [dot.intensity, at],
                "itemStyle": {
                    "color": colour if measured else "var(--surface)",
                    "borderColor": "var(--surface)" if measured else colour,
                    "borderWidth": 1 if measured else 2.5,
                },
                "tip": str(_tip(model, dot, measured=measured)),
            }
        )
    return {
        "type": "scatter",
        "name": f"{WORDS[kind]}, {'measured' if measured else 'predicted'}",
        "symbol": symbol,
        "symbolSize": size,
        "data": points,
        "z": 5,
        "emphasis": {"disabled": True},  # it would compute with colours, and these are variables
    }


def _height(model: ModelDots, dot: Dot, *, measured: bool) -> float | None:
    if not measured:
        return dot.height.likely if dot.height else None
    speed = model.measured.get(dot.kind)
    return speed * dot.flops_per_token if speed else None


def _tip(model: ModelDots, dot: Dot, *, measured: bool) -> Markup:
    speed = dot.speed
    lines = [Markup("<strong>{}</strong> {}").format(model.name, WORDS[dot.kind])]
    if measured:
        lines.append(
            Markup("measured here: <b>{}</b>").format(tokens_per_s(model.measured[dot.kind]))
        )
    if speed.estimate:
        lines.append(
            Markup("predicted: <b>{}</b>, {}").format(
                tokens_per_s(speed.estimate.likely), interval(speed.estimate)
            )
        )
    if speed.bound:
        lines.append(Markup("at most {}, by {}").format(tokens_per_s(speed.bound), speed.limit))
    lines.append(Markup("{} operations for each byte").format(digits(dot.intensity)))
    lines += [Markup('<span class="tip-step">{}</span>').format(step) for step in _few(dot)]
    return Markup("<br>").join(lines)


def _few(dot: Dot) -> list[str]:
    return [
        f"{step.what}: {step.how} = {step.result}" if step.how else f"{step.what}: {step.result}"
        for step in dot.speed.steps[:MAX_TIP_STEPS]
    ]


def interval(estimate: Range) -> str:
    """Return what a speed lies between."""
    return f"{digits(estimate.low)} to {digits(estimate.high)}"
