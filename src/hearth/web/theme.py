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


def chart_theme(mode: Mode) -> dict[str, Any]:
    """Return the ECharts theme of one mode, so that charts and pages share their colours."""
    colour = tokens()[mode]
    axis = {
        "axisLine": {"lineStyle": {"color": colour["line"]}},
        "axisLabel": {"color": colour["muted"]},
        "splitLine": {"lineStyle": {"color": colour["line"]}},
    }
    return {
        "color": tokens()["series"][mode],
        "backgroundColor": "transparent",
        "textStyle": {"color": colour["text"], "fontFamily": tokens()["type"]["sans"]},
        "categoryAxis": axis,
        "valueAxis": axis,
        "logAxis": axis,
    }


def contrast(foreground: str, ground: str) -> float:
    """Return the WCAG contrast ratio of two `#RRGGBB` colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(foreground), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _colours(mode: Mode) -> dict[str, str]:
    series = {f"series-{i}": colour for i, colour in enumerate(tokens()["series"][mode], start=1)}
    return {"color-scheme": mode, **tokens()[mode], **series}


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
