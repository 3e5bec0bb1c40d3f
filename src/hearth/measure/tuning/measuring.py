"""Measure a model's formats and layouts on this machine, and propose one: as evidence.

What was made only for this and is not proposed is removed again; the trash keeps it for a while.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from hearth.config import Config
from hearth.measure.evidence import Draft, measured, subject_of, watch
from hearth.measure.perplexity import own_text, read_text
from hearth.measure.quants.choice import few_rounds
from hearth.measure.quants.siblings import Sibling, find_siblings, reference_alone
from hearth.measure.quants.speeds import Taken
from hearth.measure.tuning.choosing import Proposal
from hearth.measure.tuning.plan import TuningPlan, with_candidates
from hearth.measure.tuning.point import TUNING, as_table
from hearth.measure.tuning.trial import Progress, Trial, series_of
from hearth.models.library import Library


def measure_tuning(
    plan: TuningPlan, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Find the format and the layout in which this machine computes a model best.

    Args:
        plan: What is tried, and on what.
        config: Says where Hearth's home is, and where the library looks.
        progress: Told steps done, steps in all (0: unknown), and what goes on.
        cancelled: Set to stop.

    Raises:
        RequestAborted: It was stopped; models that were made are kept.
        HearthError: As `find_siblings` raises, or a model failed.
    """
    plan = with_candidates(plan, config)
    text = read_text(Path(plan.text).expanduser()) if plan.text else own_text()
    siblings = (
        (reference_alone(plan, config),)
        if plan.layouts_only
        else find_siblings(plan, config, progress, cancelled)
    )
    subjects = {
        one.name: subject_of(
            config, str(one.path), role="reference" if one.is_reference else "candidate"
        )
        for one in siblings
    }
    trial = Trial(
        plan=plan,
        config=config,
        text=text,
        progress=progress,
        cancelled=cancelled,
        digests={name: subject.digest for name, subject in subjects.items()},
    )
    with watch(config) as watched:
        proposal = trial.run(siblings)
    _remove_others(siblings, proposal, config)
    return Draft(
        kind=TUNING,
        subjects=tuple(subjects.values()),
        circumstances=watched.circumstances(),
        summary=proposal.summary()
        | {
            f"{name}: divergence from one layout": figure
            for name, figure in trial.own_divergences.items()
        },
        repeats=_repeats(trial.speeds),
        items=as_table(proposal.points),
        settings={
            "text": {"name": text.name, "digest": text.digest, "bytes": text.num_bytes},
            "plan": plan.kept(),
        },
        seed=plan.seed,
        command=plan.command,
        notes=(*proposal.notes, *_notes(trial)),
    )


def _remove_others(siblings: Sequence[Sibling], proposal: Proposal, config: Config) -> None:
    library = Library(config)
    for sibling in siblings:
        if sibling.is_made and sibling.name != proposal.choice.model:
            library.remove(sibling.name)


def _notes(trial: Trial) -> list[str]:
    notes = [*few_rounds(trial.plan.rounds)]
    if not trial.held_all:
        notes.append("Memory did not hold all at once: each was loaded anew for its turn.")
    again = sorted({one.sibling.name for one in trial.entrants if one.sibling.is_requantized})
    if again:
        notes.append(
            f"{', '.join(again)} was quantized from weights that were quantized already: made from "
            "F16 or BF16 it would be closer to the original."
        )
    return notes


def _repeats(speeds: Mapping[str, Taken]) -> dict[str, tuple[float, ...]]:
    return {
        f"{name}: {figure}": measured(values)
        for name, taken in speeds.items()
        for figure, values in series_of(taken).items()
    }
