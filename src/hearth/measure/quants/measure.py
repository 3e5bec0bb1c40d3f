"""Measure quantizations side by side, and say which one is sensible: as evidence."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hearth.config import Config
from hearth.engine.cancelling import until_cancelled
from hearth.engine.scoring import ScoringSettings
from hearth.measure.evidence import Draft, Figure, measured, subject_of, watch
from hearth.measure.perplexity import (
    Distance,
    SampleText,
    distance_figures,
    measure_distance,
    own_text,
    read_text,
)
from hearth.measure.quants.choice import Choice, choose, few_rounds, mark_front
from hearth.measure.quants.plan import QuantsPlan
from hearth.measure.quants.point import QuantPoint, as_table, figure_name
from hearth.measure.quants.siblings import Sibling, find_siblings
from hearth.measure.quants.speeds import Taken, measure_speeds
from hearth.measure.speed.findings import figure_of
from hearth.measure.statistics import median_interval

QUANTS = "quants"
STOPPED = "The measurement was stopped; models that were made for it are kept."
UNQUANTIZED = frozenset({"F32", "F16", "BF16"})

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """All that was measured."""

    siblings: tuple[Sibling, ...]
    speeds: Mapping[str, Taken]
    distances: Mapping[str, Distance]
    held_all: bool


def measure_quants(
    plan: QuantsPlan, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Compare a model with its quantizations in size, speed and distance.

    Args:
        plan: What is compared, and on what.
        config: Says where Hearth's home is, and where the library looks.
        progress: Told steps done, steps in all (0: unknown), and what goes on.
        cancelled: Set to stop.

    Raises:
        RequestAborted: It was stopped; models that were made are kept.
        HearthError: As `find_siblings` raises, or a model failed.
    """
    text = read_text(Path(plan.text).expanduser()) if plan.text else own_text()
    siblings = find_siblings(plan, config, progress, cancelled)
    with watch(config) as watched:
        found = _measure(siblings, text, plan, config, progress, cancelled)
    seconds = {name: taken.request_s for name, taken in found.speeds.items()}
    points = mark_front([_point(one, found) for one in siblings])
    choice = choose(points, seconds, limit=plan.limit)
    points = tuple(replace(one, is_choice=one.name == choice.name) for one in points)
    return Draft(
        kind=QUANTS,
        subjects=tuple(
            subject_of(config, str(one.path), role="reference" if one.is_reference else "candidate")
            for one in siblings
        ),
        circumstances=watched.circumstances(),
        summary=_summary(points),
        repeats=_repeats(found.speeds),
        items=as_table(points),
        settings=_settings(plan, text, found),
        seed=plan.seed,
        command=plan.command,
        notes=_notes(choice, found, plan),
    )


def _measure(
    siblings: Sequence[Sibling],
    text: SampleText,
    plan: QuantsPlan,
    config: Config,
    progress: Progress,
    cancelled: threading.Event,
) -> _Found:
    reference, *others = siblings
    total = plan.rounds + 2 + len(others)
    steps = itertools.count()
    paths = {one.name: one.path for one in siblings}
    work = measure_speeds(paths, plan, config, lambda doing: progress(next(steps), total, doing))
    speeds, held_all = asyncio.run(until_cancelled(work, cancelled, STOPPED))
    distances = {}
    for other, step in zip(others, steps, strict=False):
        distances[other.name] = measure_distance(
            reference.path,
            other.path,
            text.content,
            ScoringSettings(context=plan.context),
            config,
            max_tokens=plan.max_tokens,
            report=_windows(progress, step, total, other.name),
            cancelled=cancelled,
        )
    return _Found(siblings=tuple(siblings), speeds=speeds, distances=distances, held_all=held_all)


def _windows(progress: Progress, step: int, total: int, name: str) -> Progress:
    """Return what tells of windows as parts of one step."""

    def tell(done: int, count: int, _doing: str) -> None:
        window = f", window {done + 1:,} of {count:,}" if count else ""
        progress(step, total, f"Distance of {name}{window}")

    return tell


def _point(one: Sibling, found: _Found) -> QuantPoint:
    taken = found.speeds[one.name]
    what = f"median of {len(taken.request_s)} requests"
    distance, same_top = _distances(found.distances.get(one.name))
    prompt, decode, request = (
        figure_of(median_interval(values), unit, what, higher_is)
        for values, unit, higher_is in (
            (taken.prompt_per_s, "tokens/s", "better"),
            (taken.decode_per_s, "tokens/s", "better"),
            (taken.request_s, "s", "worse"),
        )
    )
    return QuantPoint(
        name=one.name,
        quantization=one.info.quantization,
        is_reference=one.is_reference,
        is_requantized=one.is_requantized,
        size_bytes=one.info.file_bytes,
        prompt=prompt,
        decode=decode,
        request=request,
        distance=distance,
        same_top=same_top,
    )


def _distances(distance: Distance | None) -> tuple[Figure, Figure]:
    """Return divergence and agreement; None is the reference, at no distance from itself."""
    if distance is None:
        how = "the reference, by definition"
        return (
            Figure(value=0.0, unit="nats", how=how, higher_is="worse"),
            Figure(value=1.0, how=how, higher_is="better"),
        )
    figures = distance_figures(distance)
    return figures["divergence"], figures["same top token"]


def _summary(points: Sequence[QuantPoint]) -> dict[str, Figure]:
    found = {}
    for point in points:
        for figure in ("prompt", "decode", "request", "distance", "same_top"):
            found[figure_name(point.name, figure)] = getattr(point, figure)
        size = Figure(value=float(point.size_bytes), unit="bytes", how="of its files", within=0.0)
        found[figure_name(point.name, "size")] = size
    return found


def _repeats(speeds: Mapping[str, Taken]) -> dict[str, tuple[float, ...]]:
    return {
        figure_name(name, figure): measured(values)
        for name, taken in speeds.items()
        for figure, values in (
            ("prompt", taken.prompt_per_s),
            ("decode", taken.decode_per_s),
            ("request", taken.request_s),
        )
    }


def _settings(plan: QuantsPlan, text: SampleText, found: _Found) -> dict[str, Any]:
    scoring = next((one.settings for one in found.distances.values()), {})
    return {
        "text": {"name": text.name, "digest": text.digest, "bytes": text.num_bytes},
        "plan": plan.kept(),
        "engine": scoring,
    }


def _notes(choice: Choice, found: _Found, plan: QuantsPlan) -> tuple[str, ...]:
    reference = found.siblings[0]
    notes = [choice.reason, *few_rounds(plan.rounds)]
    again = [one.name for one in found.siblings if one.is_requantized]
    if again:
        notes.append(
            f"{', '.join(again)} was quantized from weights that were quantized already "
            f"({reference.info.quantization}): made from F16 or BF16 it would be closer."
        )
    if reference.info.quantization not in UNQUANTIZED:
        notes.append(
            f"Distances are from {reference.name} as it is, at {reference.info.quantization}: what "
            "that lost before is not in them."
        )
    if not found.held_all:
        notes.append("Memory did not hold all at once: each was loaded anew for its turn.")
    made = [one.name for one in found.siblings if one.is_made]
    if made:
        notes.append(f"Made for this: {', '.join(made)}; `hearth models remove` takes them away.")
    if choice.out:
        notes.append(f"Further off than {plan.limit:g} nats per token: {', '.join(choice.out)}.")
    return tuple(notes)
