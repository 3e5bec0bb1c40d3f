"""A card as a picture: the figures with their intervals as whiskers, and the repeats as dots.

Each figure has a scale of its own, since units differ. The JSON of the card lies in `metadata`.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import islice

from hearth.measure.evidence.cards.card import SVG_METADATA, Card, card_json
from hearth.measure.evidence.commands import command_line
from hearth.measure.evidence.record import Figure, Record
from hearth.measure.evidence.wording import interval_text, machine_facts, value_text
from hearth.models.labels import plain

WIDTH = 760
MARGIN = 28
MAX_FIGURES, MAX_DOTS = 12, 60
ROW_HEIGHT = 44
HEAD_HEIGHT, FOOT_LINE = 92, 20
SCALE_LEFT, SCALE_RIGHT = 440, WIDTH - MARGIN
LINE_CHARS = 96
TITLE_CHARS = 54

_STYLE = """
.ground{fill:#FBF8F4}.text{fill:#221C17}.muted{fill:#6E6257}.line{stroke:#E2D8CC}
.whisker{stroke:#B84E14}.value{fill:#B84E14}.dot{fill:#6E6257;fill-opacity:.45}
@media(prefers-color-scheme:dark){.ground{fill:#14110F}.text{fill:#F3ECE4}.muted{fill:#A89A8C}
.line{stroke:#3A312B}.whisker{stroke:#F2803A}.value{fill:#F2803A}.dot{fill:#A89A8C}}
text{font-family:system-ui,sans-serif;font-size:14px}
.title{font-size:20px;font-weight:600}.small{font-size:12px}
.number,.code{font-family:ui-monospace,monospace}
"""


def card_svg(card: Card) -> str:
    """Return a card as an SVG picture, its JSON within."""
    record = card.record
    figures = list(islice(record.summary.items(), MAX_FIGURES))
    foot = _foot(record)
    foot_top = HEAD_HEIGHT + ROW_HEIGHT * len(figures)
    height = foot_top + FOOT_LINE * len(foot) + MARGIN
    title = f"Evidence {record.id}: {record.kind} of {record.names}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{_text(title)}</title>",
        f"{SVG_METADATA}{escape(card_json(card, indent=None), quote=False)}</metadata>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="10"/>',
        *_head(record),
    ]
    for number, (name, figure) in enumerate(figures):
        top = HEAD_HEIGHT + ROW_HEIGHT * number
        parts += _row(name, figure, record.repeats.get(name, ()), top)
    for number, line in enumerate(foot):
        y = foot_top + FOOT_LINE * (number + 1)
        kind = "code" if line.startswith(("hearth ", "sha256 ")) else "text"
        parts.append(_words(line, MARGIN, y, f"muted small {kind}"))
    return "\n".join([*parts, "</svg>", ""])


def _head(record: Record) -> Iterator[str]:
    made = f"{record.made_at:%Y-%m-%d}, evidence {record.id}, record {record.number}"
    title = f"{record.kind.capitalize()} of {record.names}"
    yield _words(plain(title, TITLE_CHARS), MARGIN, 44, "text title")
    yield _words(made, MARGIN, 68, "muted small")


def _row(name: str, figure: Figure, repeats: tuple[float, ...], top: int) -> Iterator[str]:
    middle = top + ROW_HEIGHT // 2
    yield f'<line class="line" x1="{MARGIN}" x2="{SCALE_RIGHT}" y1="{top}" y2="{top}"/>'
    yield _words(plain(name.replace("_", " "), 30), MARGIN, middle + 5, "text")
    yield _words(value_text(figure), 240, middle - 2, "text number")
    yield _words(interval_text(figure), 240, middle + 15, "muted small number")
    yield from _whisker(figure, repeats[:MAX_DOTS], middle)


def _whisker(figure: Figure, repeats: tuple[float, ...], y: int) -> Iterator[str]:
    if figure.low is None or figure.high is None:
        return
    ends = (figure.low, figure.high, figure.value, *repeats)
    lowest, highest = min(ends), max(ends)
    width = (highest - lowest) or 1.0

    def x(value: float) -> str:
        return f"{SCALE_LEFT + (value - lowest) / width * (SCALE_RIGHT - SCALE_LEFT - 8) + 4:.1f}"

    for value in repeats:
        yield f'<circle class="dot" cx="{x(value)}" cy="{y}" r="3"/>'
    low, high = x(figure.low), x(figure.high)
    yield f'<path class="whisker" fill="none" stroke-width="1.5" d="M{low} {y}H{high}"/>'
    for end in (low, high):
        yield f'<path class="whisker" stroke-width="1.5" d="M{end} {y - 6}V{y + 6}"/>'
    yield f'<circle class="value" cx="{x(figure.value)}" cy="{y}" r="5"/>'


def _foot(record: Record) -> list[str]:
    where = record.circumstances
    hidden = len(record.summary) - MAX_FIGURES
    lines = [f"and {hidden} more figures in the record"] if hidden > 0 else []
    lines.append(", ".join(machine_facts(where).values()) or f"machine {where.machine}")
    lines.append(", ".join(part for part in (where.engine, f"Hearth {where.hearth}") if part))
    lines += [f"Note: {what}" for what in (*where.disturbances, *record.notes)]
    for subject in record.subjects:
        if subject.digest:
            lines.append(f"sha256 {subject.digest} {subject.name}")
    lines += [command_line(record.command), f"hearth evidence replay {record.id}"]
    return [plain(line, LINE_CHARS) for line in lines if line]


def _words(text: str, x: int, y: int, classes: str) -> str:
    return f'<text class="{classes}" x="{x}" y="{y}">{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(plain(text, LINE_CHARS))
