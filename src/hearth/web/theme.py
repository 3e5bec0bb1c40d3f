"""Colours, sizes and typefaces: `tokens.toml` as CSS variables and as the theme of the charts.

Nothing else in the web face names a colour: style sheets use the variables, charts the theme.
The contrast formula is that of WCAG 2.2 (relative luminance in linear sRGB).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Mode = Literal["dark", "light"]


@cache
def tokens() -> dict[str, Any]:
    """Return the design tokens as `tokens.toml` has them."""
    return tomllib.loads(files("hearth.web").joinpath("tokens.toml").read_text(encoding="utf-8"))


def css_variables() -> str:
    """Return the style sheet that defines every token as a CSS variable.

    The theme follows the system until `data-theme` on the root element says otherwise.
    """
    shared = {f"font-{name}": value for name, value in tokens()["type"].items()}
    shared |= {name: f"{value}px" for name, value in tokens()["size"].items()}
    shared |= {f"motion-{name}": f"{value}ms" for name, value in tokens()["motion"].items()}
    still = {f"motion-{name}": "0ms" for name in tokens()["motion"]}
    return "\n".join(
        [
            _rule(":root", shared | _colours("dark")),
            f"@media (prefers-color-scheme: light) {{ {_rule(':root', _colours('light'))} }}",
            _rule(':root[data-theme="dark"]', _colours("dark")),
            _rule(':root[data-theme="light"]', _colours("light")),
            f"@media (prefers-reduced-motion: reduce) {{ {_rule(':root', still)} }}",
        ]
    )


def chart_theme() -> dict[str, Any]:
    """Return the ECharts theme, so that charts and pages share their colours.

    It names the CSS variables and no colours: a chart drawn as SVG follows the theme of the page at
    once, without being told. (On a canvas variables have no meaning.)
    """
    line, muted, text = "var(--line)", "var(--muted)", "var(--text)"
    axis = {
        "axisLine": {"lineStyle": {"color": line}},
        "axisTick": {"lineStyle": {"color": line}},
        "axisLabel": {"color": muted},
        "splitLine": {"lineStyle": {"color": line}},
    }
    return {
        "color": [f"var(--{name})" for name in _series("dark")],
        "backgroundColor": "transparent",
        "textStyle": {"color": text, "fontFamily": tokens()["type"]["sans"]},
        "timeAxis": axis,
        "categoryAxis": axis,
        "valueAxis": axis,
        "logAxis": axis,
        "tooltip": {
            "backgroundColor": "var(--surface)",
            "borderColor": line,
            "textStyle": {"color": text},
        },
        "dataZoom": {
            "borderColor": line,
            "backgroundColor": "transparent",
            "fillerColor": "var(--ember-soft)",
            "handleStyle": {"color": "var(--raised)", "borderColor": muted},
            "moveHandleStyle": {"color": line},
            "textStyle": {"color": muted},
        },
    }


def contrast(foreground: str, ground: str) -> float:
    """Return the WCAG contrast ratio of two `#RRGGBB` colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(foreground), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _colours(mode: Mode) -> dict[str, str]:
    return {"color-scheme": mode, **tokens()[mode], **_series(mode)}


def _series(mode: Mode) -> dict[str, str]:
    return {f"series-{i}": colour for i, colour in enumerate(tokens()["series"][mode], start=1)}


def _rule(selector: str, values: dict[str, str]) -> str:
    lines = (f"{_property(name)}: {value};" for name, value in values.items())
    return f"{selector} {{ {' '.join(lines)} }}"


def _property(name: str) -> str:
    return name if name == "color-scheme" else f"--{name}"


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
