"""What a demonstration hands over: plain typed data, which the command line and the pages draw.

A part knows its kind, so that whoever reads it as JSON can tell what it is. Numbers are finite and
in the unit that the part names; nothing here draws or measures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Scale = Literal["linear", "log"]
Holds = Literal["holds", "does not hold", "not decided here"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar.

    Args:
        label: What it stands for; a token's text is shown as it is.
        value: Its length, at least 0.
        note: A few words beside it, such as what a limit comes from.
        is_reference: A limit, or what the others are held against: drawn apart from them.
    """

    label: str
    value: float
    note: str = ""
    is_reference: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            raise ValueError(f"the bar {self.label!r} has the length {self.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Figures of one kind beside each other.

    Args:
        unit: As it is written after the numbers, such as "tokens/s"; "%" for parts of a hundred.
        scale: "log" where the bars differ by powers of ten; then all values are above 0.
    """

    title: str
    unit: str
    bars: tuple[Bar, ...]
    scale: Scale = "linear"
    kind: Literal["bars"] = "bars"

    def __post_init__(self) -> None:
        if self.scale == "log" and any(bar.value == 0 for bar in self.bars):
            raise ValueError(f"{self.title!r}: 0 has no place on a logarithmic scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text.

    Args:
        columns: Headings; one that starts with `>` is aligned to the right.
        rows: As many cells each as there are columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: Literal["table"] = "table"

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.title!r}: a row has not {len(self.columns)} cells")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart: as many `xs`, in rising order, as `ys`."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.xs) != len(self.ys) or not all(map(math.isfinite, (*self.xs, *self.ys))):
            raise ValueError(f"the line {self.name!r} has no finite y for each x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Lines over one axis."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    kind: Literal["series"] = "series"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of something that goes on: a heading, and what there was to see."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Steps in their order."""

    title: str
    steps: tuple[Step, ...]
    kind: Literal["steps"] = "steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One token of a text, or several that share a character.

    Args:
        note: What stands under it, such as its number in the vocabulary.
        special: A control token, which no user can write.
        weight: How strongly it is marked, 0 to 1.
    """

    text: str
    note: str = ""
    special: bool = False
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A text cut into tokens."""

    title: str
    pieces: tuple[Piece, ...]
    kind: Literal["pieces"] = "pieces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A claim, and whether it holds.

    Args:
        claim: In plain words.
        holds: "not decided here" where a figure is missing; `figures` then says which.
        figures: What was measured or computed, in one or two sentences.
        steps: The arithmetic, a line each.
    """

    claim: str
    holds: Holds
    figures: str
    steps: tuple[str, ...] = ()
    kind: Literal["verdict"] = "verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A paragraph of plain text."""

    text: str
    kind: Literal["prose"] = "prose"


Part = Bars | Table | Series | Steps | Pieces | Verdict | Prose


def now_text() -> str:
    """Return this moment in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What there is to see of a topic, on this machine.

    Args:
        name: What it is asked for by.
        says: In one to three sentences, what to look for.
        parts: In the order in which they are shown.
        model: The model that it was seen on; empty where none was needed.
        measured_at: When its figures were taken, in ISO 8601.
        cached: They were taken earlier, and looked up now.
    """

    name: str
    title: str
    says: str
    parts: tuple[Part, ...]
    model: str = ""
    measured_at: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds")
    )
    cached: bool = False
