"""Two records side by side: a verdict in words for each figure, and what else was not the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hearth.measure.evidence import Agreement, Comparison, Figure, FigureComparison, Record
from hearth.measure.evidence.wording import interval_text, value_text
from hearth.web.components.evidence_figures import figure_name
from hearth.web.components.roofline_chart import colour_of
from hearth.web.components.whisker import scale_around, whisker
from hearth.web.parts import part


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One figure of both records as it is shown.

    Args:
        kind: "good", "bad", "info" or empty; `verdict` says the same in words.
        drawings: Both on one line's scale; empty where one is missing.
    """

    name: str
    old: tuple[str, str]
    new: tuple[str, str]
    change: str
    verdict: str
    kind: str
    why: str
    drawings: tuple[Markup, Markup] | None


def draw_comparison(old: Record, new: Record, found: Comparison) -> Markup:
    """Return two records of one kind side by side.

    Args:
        old: The first, A; differences are told from its point of view.
        new: The second, B.
        found: What comparing them came to.
    """
    return part(
        "measure_comparison",
        old=old,
        new=new,
        colours=(colour_of(0), colour_of(1)),
        verdict=verdict_words(found, new),
        rows=list(compared_rows(found)),
        differences=[(figure_name(name), *pair) for name, pair in found.differences.items()],
    )


def verdict_words(found: Comparison, new: Record) -> str:
    """Say in one sentence what comparing comes to."""
    counts = Counter(_outcome(each) for each in found.figures)
    total = len(found.figures)
    name = new.subjects[0].name
    if not counts["better"] and not counts["worse"] and not counts["differs"]:
        if counts["agrees"]:
            return f"No difference seen in {counts['agrees']} of {total} figures."
        return "Cannot tell: none of the figures can be compared."
    told = []
    if counts["better"]:
        told.append(f"better in {counts['better']}")
    if counts["worse"]:
        told.append(f"worse in {counts['worse']}")
    if counts["differs"]:
        told.append(f"different in {counts['differs']}")
    return f"B, {name}, is {' and '.join(told)} of {total} figures."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWords:
    """What came of running a measurement again, in words.

    Args:
        kind: "good", "bad" or "warn"; the words say the same.
        differences: Names of what was not the same in both.
    """

    verdict: str
    sentence: str
    kind: str
    icon: str
    differences: str


def replay_words(found: Comparison) -> ReplayWords:
    """Say what came of running a measurement again."""
    total = len(found.figures)
    differing = [figure_name(one.name) for one in found.figures if one.verdict is Agreement.DIFFERS]
    sentence, kind, icon = {
        Agreement.AGREES: ("the two agree", "good", "check"),
        Agreement.DIFFERS: (
            f"{len(differing)} of {total} figures differ: {', '.join(differing)}",
            "bad",
            "warn",
        ),
        Agreement.CANNOT_TELL: ("cannot tell whether the two agree", "warn", "info"),
    }[found.verdict]
    return ReplayWords(
        verdict=found.verdict.value,
        sentence=f"{sentence}.",
        kind=kind,
        icon=icon,
        differences=", ".join(figure_name(name) for name in found.differences),
    )


def compared_rows(found: Comparison) -> Iterator[ComparedRow]:
    """Yield the figures of both records, those that differ first."""
    order = ["better", "worse", "differs", "agrees", "cannot tell"]
    for each in sorted(found.figures, key=lambda one: order.index(_outcome(one))):
        verdict, kind = _verdict(each)
        yield ComparedRow(
            name=figure_name(each.name),
            old=_words(each.old),
            new=_words(each.new),
            change=f"{each.change:+.1%}" if each.change is not None else "",
            verdict=verdict,
            kind=kind,
            why=each.why,
            drawings=_drawings(each),
        )


def _outcome(each: FigureComparison) -> str:
    """Return what a figure's comparison means for the second record."""
    if each.verdict is not Agreement.DIFFERS or each.old is None or each.new is None:
        return each.verdict.value
    if not each.old.higher_is:
        return "differs"
    return (
        "better"
        if (each.new.value > each.old.value) is (each.old.higher_is == "better")
        else ("worse")
    )


def _verdict(each: FigureComparison) -> tuple[str, str]:
    return {
        "better": ("B is better", "good"),
        "worse": ("B is worse", "bad"),
        "differs": ("differs", "info"),
        "agrees": ("no difference seen", ""),
        "cannot tell": ("cannot tell", "warn"),
    }[_outcome(each)]


def _words(figure: Figure | None) -> tuple[str, str]:
    if figure is None:
        return "none", ""
    return value_text(figure), interval_text(figure)


def _drawings(each: FigureComparison) -> tuple[Markup, Markup] | None:
    if each.old is None or each.new is None:
        return None
    both = (each.old, each.new)
    scale = scale_around(
        [end for one in both for end in (one.value, one.low, one.high) if end is not None]
    )
    first, second = (
        whisker(scale, one.value, one.low, one.high, colour=colour_of(place))
        for place, one in enumerate(both)
    )
    return first, second
