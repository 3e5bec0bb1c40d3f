"""What was found about a claim: the verdict, then the arithmetic, then what was understood."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from hearth.plan.arithmetic import Step
from hearth.plan.claims import Finding, Judgement, Reading, Verdict
from hearth.plan.units import duration, num_bytes, tokens_per_s
from hearth.web.components.log_scale import Tick, Whisker, decades_around
from hearth.web.parts import part

KINDS = {
    Verdict.IMPOSSIBLE: ("bad", "close"),
    Verdict.IMPLAUSIBLE: ("warn", "warn"),
    Verdict.UNDECIDED: ("info", "info"),
    Verdict.PLAUSIBLE: ("good", "check"),
    Verdict.MEASURED: ("good", "verify"),
}
MEANINGS = {
    Verdict.IMPOSSIBLE: "No program on this hardware can do it.",
    Verdict.IMPLAUSIBLE: "Within what the hardware could do, but beyond what engines reach.",
    Verdict.UNDECIDED: "The claim leaves out what the arithmetic needs.",
    Verdict.PLAUSIBLE: "Within what engines reach.",
    Verdict.MEASURED: "It was seen here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a found figure is drawn as, on a scale of whole powers of ten.

    Args:
        bound: Where the bound stands, in percent; None without one.
        ticks: Of the scale.
    """

    estimate: Whisker | None
    estimate_words: str
    bound: float | None
    bound_words: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a claim as it is drawn."""

    about: str
    claimed: str
    verdict: str
    kind: str
    icon: str
    reason: str
    mark: Mark | None
    steps: tuple[Step, ...]
    missing: tuple[str, ...]


def draw_verdict(reading: Reading, judgement: Judgement) -> Markup:
    """Return what was found about a claim."""
    kind, icon = KINDS[judgement.verdict]
    return part(
        "machine_verdict",
        verdict=judgement.verdict.value,
        meaning=MEANINGS[judgement.verdict],
        kind=kind,
        icon_name=icon,
        sides=[side(finding) for finding in judgement.findings],
        understood=reading.understood,
        ignored=reading.ignored,
        notes=reading.notes,
    )


def side(finding: Finding) -> Side:
    """Return one side of a claim as it is drawn."""
    kind, icon = KINDS[finding.verdict]
    return Side(
        about=finding.about,
        claimed=finding.claimed,
        verdict=finding.verdict.value,
        kind=kind,
        icon=icon,
        reason=finding.reason,
        mark=_mark(finding),
        steps=finding.steps,
        missing=finding.missing,
    )


def _mark(finding: Finding) -> Mark | None:
    estimate, bound = finding.estimate, finding.bound
    values = [bound or 0.0, estimate.low if estimate else 0.0, estimate.high if estimate else 0.0]
    if not any(values):
        return None
    scale = decades_around(values)
    between = (
        f"{_words(estimate.low, finding.unit)} to {_words(estimate.high, finding.unit)}"
        if estimate
        else ""
    )
    return Mark(
        estimate=scale.whisker(estimate) if estimate else None,
        estimate_words=between,
        bound=scale.share(bound) if bound else None,
        bound_words=_words(bound, finding.unit) if bound else "",
        ticks=scale.ticks(lambda value: _words(value, finding.unit)),
    )


def _words(value: float, unit: str) -> str:
    if unit == "B":
        return num_bytes(value)
    if unit == "s":
        return duration(value)
    return tokens_per_s(value) if unit == "tokens/s" else f"{value:,.0f} {unit}"
