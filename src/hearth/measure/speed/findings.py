"""What a measurement has found so far: figures with their intervals, and the raw numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hearth.measure.evidence import Cell, Figure, Table, measured
from hearth.measure.speed.target import TimedAnswer
from hearth.measure.statistics import Interval

COLUMNS = (
    "series",
    "sent_s",
    "first_token_s",
    "total_s",
    "prompt_tokens",
    "cached_tokens",
    "answer_tokens",
    "pieces",
    "longest_gap_s",
    "failed",
)


@dataclass(slots=True)
class Findings:
    """The parts of a draft, as they grow."""

    summary: dict[str, Figure] = field(default_factory=dict)
    repeats: dict[str, tuple[float, ...]] = field(default_factory=dict)
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def items(self) -> Table:
        """One row for each request."""
        return Table(columns=COLUMNS, rows=tuple(self.rows))

    def add(self, name: str, figure: Figure, raw: Sequence[float] = ()) -> None:
        """Take in a figure with the numbers that it was made from."""
        self.summary[name] = figure
        if raw:
            self.repeats[name] = measured(raw)

    def note(self, sentence: str) -> None:
        """Take in what a reader must know, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def add_answer(self, series: str, sent_s: float, answer: TimedAnswer) -> None:
        """Take in one answer as a row of the items.

        Args:
            series: What it belongs to.
            sent_s: When it was asked for, since its series began.
            answer: When its pieces came.
        """
        self.rows.append(
            (
                series,
                sent_s,
                answer.first_token_s,
                answer.total_s,
                answer.prompt_tokens,
                answer.cached_tokens,
                answer.completion_tokens,
                len(answer.times_s),
                max(answer.gaps_s, default=None),
                "",
            )
        )

    def add_failure(self, series: str, sent_s: float, why: str) -> None:
        """Take in a request that got no answer."""
        self.rows.append((series, sent_s, *[None] * 7, why))


def figure_of(interval: Interval, unit: str, what: str, higher_is: str) -> Figure:
    """Return an interval as a record keeps it.

    Args:
        interval: Of a level of 0 where it comes from one run.
        unit: Of its value.
        what: What the value is, such as "median of 7 runs".
        higher_is: "better", "worse" or empty.
    """
    figure = Figure.of(interval, unit=unit, higher_is=higher_is)
    if figure.is_one_run:
        return figure
    return replace(figure, how=f"{what}; {interval.how}, {interval.level:.3g}")
