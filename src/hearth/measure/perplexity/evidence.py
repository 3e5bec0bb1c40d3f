"""Perplexity and distance as evidence: measured, summed up, and measured again."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import (
    Draft,
    Figure,
    Progress,
    Record,
    Table,
    find_subject,
    kept_command,
    measured,
    subject_of,
    watch,
)
from hearth.measure.perplexity.distance import Distance, measure_distance
from hearth.measure.perplexity.figures import by_group
from hearth.measure.perplexity.plan import DistancePlan, PerplexityPlan
from hearth.measure.perplexity.positions import by_position
from hearth.measure.perplexity.scoring import Scored, measure_perplexity
from hearth.measure.perplexity.texts import OWN_TEXT, SampleText, own_text, read_text
from hearth.measure.statistics import Interval

PERPLEXITY, DISTANCE = "perplexity", "distance"
WITHIN = 1e-4  # of a figure: the same machine and build compute the same, but for threads
NEVER = threading.Event()
_TEXT_OPTION = "--text"


def take_perplexity(
    plan: PerplexityPlan,
    config: Config,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> tuple[tuple[Scored, ...], Draft]:
    """Measure perplexity, and return what was found with the draft of its record.

    Args:
        plan: What to measure.
        config: Says where the library looks.
        progress: Told windows done, windows in all, and what goes on.
        cancelled: Set to stop; RequestAborted is raised.
    """
    text = _text(plan.text)
    with watch(config) as watched:
        scored = measure_perplexity(
            plan.model,
            text.content,
            plan.variants,
            config,
            by_position=plan.by_position,
            max_tokens=plan.max_tokens,
            report=progress,
            cancelled=cancelled,
        )
    draft = Draft(
        kind=PERPLEXITY,
        subjects=(subject_of(config, plan.model),),
        circumstances=watched.circumstances(),
        summary=_summary(scored),
        repeats={
            _named(each, scored, "nats by window"): measured(by_group(each.nats, each.windows))
            for each in scored
        },
        items=_positions(scored) if plan.by_position else None,
        settings={
            "text": _described(text),
            "plan": plan.as_data(),
            "engine": {each.variant.name: each.settings for each in scored},
        },
        command=kept_command(plan.command),
        notes=_notes(scored),
    )
    return scored, draft


def take_distance(
    plan: DistancePlan,
    config: Config,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> tuple[Distance, Draft]:
    """Compare two models, and return what was found with the draft of its record.

    Args:
        plan: What to compare.
        config: Says where the library looks.
        progress: Told windows done, windows in all, and what goes on.
        cancelled: Set to stop; RequestAborted is raised.
    """
    text = _text(plan.text)
    settings, candidate_settings = plan.settings
    with watch(config) as watched:
        found = measure_distance(
            plan.reference,
            plan.candidate,
            text.content,
            settings,
            config,
            candidate_settings=candidate_settings,
            max_tokens=plan.max_tokens,
            report=progress,
            cancelled=cancelled,
        )
    draft = Draft(
        kind=DISTANCE,
        subjects=(
            subject_of(config, plan.reference, role="reference"),
            subject_of(config, plan.candidate, role="candidate"),
        ),
        circumstances=watched.circumstances(),
        summary=distance_figures(found),
        repeats={
            name: measured(by_group(values, found.windows))
            for name, values in (
                ("divergence by window, nats", found.kl),
                ("reference nats by window", found.reference_nats),
                ("candidate nats by window", found.candidate_nats),
            )
        },
        settings={
            "text": _described(text),
            "plan": plan.as_data(),
            "engine": {"reference": found.settings, "candidate": found.candidate_settings},
        },
        command=kept_command(plan.command),
        notes=_length_notes(len(found.kl), int(found.windows.max()) + 1),
    )
    return found, draft


def bench_perplexity(
    arguments: PerplexityPlan, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Measure perplexity for a job."""
    return take_perplexity(arguments, config, progress, cancelled)[1]


def bench_distance(
    arguments: DistancePlan, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Compare two models for a job."""
    return take_distance(arguments, config, progress, cancelled)[1]


def replay_perplexity(record: Record, config: Config, progress: Progress) -> Draft:
    """Measure perplexity again as a record says.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
        InvalidRequest: The text is another one by now.
    """
    model = str(find_subject(config, record.subjects[0]))
    data = record.settings["plan"] | {"model": model, "text": same_text_path(record)}
    return take_perplexity(read_arguments(data, PerplexityPlan), config, progress, NEVER)[1]


def replay_distance(record: Record, config: Config, progress: Progress) -> Draft:
    """Compare two models again as a record says.

    Raises:
        ModelNotFound: The bytes of one of them are not here.
        InvalidRequest: The text is another one by now.
    """
    reference, candidate = (str(find_subject(config, each)) for each in record.subjects)
    models = {"reference": reference, "candidate": candidate, "text": same_text_path(record)}
    plan = read_arguments(record.settings["plan"] | models, DistancePlan)
    return take_distance(plan, config, progress, NEVER)[1]


def distance_figures(found: Distance) -> dict[str, Figure]:
    """Return every figure of a comparison as a record has it."""
    worse, better = "worse", "better"
    quantiles = found.divergence_quantiles()
    return {
        "divergence": _figure(found.divergence, unit="nats", higher_is=worse),
        "same top token": _figure(found.top_agreement, higher_is=better),
        "perplexity ratio": _figure(found.perplexity_ratio, higher_is=worse),
        "mean shift of the right token": _figure(found.mean_shift, higher_is=better),
        "typical shift of the right token": _figure(found.typical_shift, higher_is=worse),
        **{
            f"divergence, {share:.1%} of tokens below": Figure(
                value=value, unit="nats", how="quantile over tokens", within=WITHIN, higher_is=worse
            )
            for share, value in quantiles.items()
        },
        "reference perplexity": _figure(found.reference_perplexity, higher_is=worse),
        "candidate perplexity": _figure(found.candidate_perplexity, higher_is=worse),
        "reference bits per byte": _figure(
            found.reference_bits_per_byte, unit="bits/byte", higher_is=worse
        ),
        "candidate bits per byte": _figure(
            found.candidate_bits_per_byte, unit="bits/byte", higher_is=worse
        ),
    }


def _summary(scored: tuple[Scored, ...]) -> dict[str, Figure]:
    figures = {}
    for each in scored:
        figures[_named(each, scored, "perplexity")] = _figure(each.perplexity, higher_is="worse")
        figures[_named(each, scored, "bits per byte")] = _figure(
            each.bits_per_byte, unit="bits/byte", higher_is="worse"
        )
        ratio = None if each is scored[0] else each.ratio_to(scored[0])
        if ratio is not None:
            name = f"perplexity against {scored[0].variant.name}"
            figures[_named(each, scored, name)] = _figure(ratio, higher_is="worse")
    return figures


def _named(each: Scored, scored: tuple[Scored, ...], name: str) -> str:
    return name if len(scored) == 1 else f"{each.variant.name}: {name}"


def _figure(interval: Interval, *, unit: str = "", higher_is: str) -> Figure:
    return Figure.of(interval, unit=unit, higher_is=higher_is, within=WITHIN)


def _positions(scored: tuple[Scored, ...]) -> Table:
    columns = ("variant", "from", "to", "tokens", "perplexity", "low", "high")
    return Table(
        columns=columns,
        rows=tuple(
            (
                each.variant.name,
                stretch.begin,
                stretch.end - 1,
                stretch.num_tokens,
                stretch.perplexity.value,
                stretch.perplexity.low,
                stretch.perplexity.high,
            )
            for each in scored
            for stretch in by_position(each)
        ),
    )


def _notes(scored: tuple[Scored, ...]) -> tuple[str, ...]:
    first = scored[0]
    return (
        "Perplexity compares models of one tokenizer alone; bits per byte compares all.",
        *_length_notes(len(first.nats), first.num_windows),
    )


def _length_notes(num_tokens: int, num_windows: int) -> tuple[str, ...]:
    windows = "1 window" if num_windows == 1 else f"{num_windows:,} windows"
    return (f"{num_tokens:,} tokens were scored in {windows}.",)


def _text(path: str | None) -> SampleText:
    return own_text() if path is None else read_text(Path(path).expanduser())


def _described(text: SampleText) -> dict[str, Any]:
    return {"name": text.name, "digest": text.digest, "bytes": text.num_bytes}


def same_text_path(record: Record) -> str | None:
    """Return where a record's text lies, after a look whether it is still the same.

    Raises:
        InvalidRequest: It is another text by now.
    """
    named, words = record.settings["text"], record.command
    path = words[words.index(_TEXT_OPTION) + 1] if _TEXT_OPTION in words else None
    found = _text(path)
    if found.digest != named["digest"]:
        changed = "Hearth's guide" if named["name"] == OWN_TEXT else named["name"]
        raise InvalidRequest(
            f"The text has changed since ({changed}): SHA-256 {found.digest[:12]} now, "
            f"{named['digest'][:12]} then.",
            hint="Bring back the text as it was; a figure of another text is another figure.",
        )
    return path
