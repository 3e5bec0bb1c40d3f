"""From what was measured to a proposal, with the figures that speak for it and against it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hearth.measure.evidence import Figure
from hearth.measure.quants import QuantPoint, choose
from hearth.measure.statistics import Ratio
from hearth.measure.tuning.point import FIGURES, TuningPoint

AS_SHIPPED = "how it is loaded without tuning is as fast as anything that is close enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed, against the model as it was given.

    Args:
        points: Everything that was measured, the choice marked.
        choice: What is proposed; the model as it was given where nothing is better.
        gains: How many times as fast the choice is, by "prompt", "decode" and "request".
        notes: The reason, and what there is to know besides, as sentences.
    """

    points: tuple[TuningPoint, ...]
    choice: TuningPoint
    gains: Mapping[str, Ratio]
    notes: tuple[str, ...]

    def summary(self) -> dict[str, Figure]:
        """Return the figures of a record: the gains, what they cost, then every entrant's."""
        found = {
            f"{name}, times as fast": Figure(
                value=ratio.value,
                low=ratio.low,
                high=ratio.high,
                how=f"centre of {ratio.num_pairs} paired ratios, {ratio.level:.3g}",
                higher_is="better",
            )
            for name, ratio in self.gains.items()
        }
        costs = {"divergence": self.choice.distance, "perplexity ratio": self.choice.perplexity}
        found |= {name: figure for name, figure in costs.items() if figure is not None}
        shipped = next(point for point in self.points if point.is_shipped)
        found["size ratio"] = Figure(
            value=self.choice.size_bytes / shipped.size_bytes, how="of files", within=0.0
        )
        for point in self.points:
            for name in FIGURES:
                figure: Figure | None = getattr(point, name)
                if figure is not None:
                    found[f"{point.name}: {name.replace('_', ' ')}"] = figure
        return found


def propose(
    points: Sequence[TuningPoint],
    contenders: Sequence[TuningPoint],
    gains_of: Mapping[str, Mapping[str, Ratio]],
    seconds: Mapping[str, Sequence[float]],
    limit: float,
) -> Proposal:
    """Choose among the best layouts of all files.

    Args:
        points: Everything that was measured, the model as it was given first.
        contenders: One for each file, with its distance.
        gains_of: How many times as fast each contender is as the model as it was given, by name
            and figure.
        seconds: What each took for the same requests, by name, round by round.
        limit: Most distance from the model as it was given, in nats per token.
    """
    shipped = points[0]
    rivals = {one.name: one for one in (shipped, *contenders)}  # shipped may be a contender
    choice = choose([_as_quant(one) for one in rivals.values()], seconds, limit=limit)
    chosen = rivals[choice.name]
    gains = gains_of.get(chosen.name, {})
    notes = [_reason(chosen, gains)]
    if choice.out:
        notes.append(f"Further off than {limit:g} nats per token: {', '.join(choice.out)}.")
        fastest = min((rivals[name] for name in choice.out), key=lambda one: one.request.value)
        if fastest.request.value < chosen.request.value:
            notes.append(_reason(fastest, gains_of[fastest.name]))
            notes.append(f"To accept that: --limit {_accepting(fastest):g}")
    if choice.as_fast:
        notes.append(f"As fast, and further off: {', '.join(choice.as_fast)}.")
    marked = tuple(replace(one, is_choice=one.name == chosen.name) for one in points)
    return Proposal(
        points=marked,
        choice=replace(chosen, is_choice=True),
        gains=gains,
        notes=tuple(notes),
    )


def _reason(chosen: TuningPoint, gains: Mapping[str, Ratio]) -> str:
    if chosen.is_shipped:
        return f"{chosen.name}: {AS_SHIPPED}."
    speeds = ", ".join(
        f"{name} {ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
        for name, ratio in gains.items()
    )
    costs = []
    if chosen.distance is not None:
        costs.append(f"{chosen.distance.value:.3g} nats per token from it")
    if chosen.perplexity is not None:
        costs.append(f"{chosen.perplexity.value - 1:+.2%} perplexity")
    return (
        f"{chosen.name}: times as fast as the model as it was given: {speeds}; {', '.join(costs)}."
    )


def _accepting(point: TuningPoint) -> float:
    """Return a limit of distance that lets a point be proposed, in two decimals."""
    assert point.distance is not None, "what is too far was measured"
    most = point.distance.value if point.distance.high is None else point.distance.high
    return math.ceil(100 * most) / 100


def _as_quant(point: TuningPoint) -> QuantPoint:
    assert point.distance is not None, "contenders have a distance"
    assert point.same_top is not None, "and how often they agree"
    return QuantPoint(
        name=point.name,
        quantization=point.quantization,
        is_reference=point.is_shipped,
        is_requantized=False,
        size_bytes=point.size_bytes,
        prompt=point.prompt,
        decode=point.decode,
        request=point.request,
        distance=point.distance,
        same_top=point.same_top,
    )
