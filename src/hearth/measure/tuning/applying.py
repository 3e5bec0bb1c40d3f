"""Use what was tuned: the layout whenever the model is loaded, the format as the default model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config, change_setting
from hearth.errors import HearthError, InvalidRequest
from hearth.machine.facts import read_facts
from hearth.measure.evidence import Ledger, Record, find_subject
from hearth.measure.tuning.plan import TuningPlan
from hearth.measure.tuning.point import TUNING, points_of
from hearth.models.gguf.info import inspect
from hearth.models.library import Library
from hearth.models.library.digests import digest_of_model
from hearth.plan.tunings import Tuning, identity_of, keep_tuning


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What is used from now on.

    Args:
        model: Name of the model.
        layout: How its weights will lie in memory.
        evidence: Id of the record that says why.
        default_before: What the default model was before, where this one took its place.
        path: The file of settings that was changed; None where none was.
    """

    model: str
    layout: str
    evidence: str
    default_before: str | None = None
    path: str | None = None


def apply_tuning(record: Record, config: Config) -> Applied:
    """Load a model from now on as a record proposes it.

    Where the proposal is another file and the tuned one is the default model, the other becomes
    the default, in `config.toml`; `hearth tune` says what it was before.

    Args:
        record: Of the kind "tuning", with its items.
        config: Says where Hearth's home is.

    Raises:
        InvalidRequest: It was measured on another machine.
        ModelNotFound: The file that it proposes is not here any more.
        SetupError: The home or the settings cannot be written.
    """
    machine = read_facts(config).fingerprint
    if record.circumstances.machine != machine:
        raise InvalidRequest(
            f"The record {record.id} tells of another machine: what is best there need not be "
            "best here.",
            hint=f"Tune it here: hearth tune {record.subjects[0].name}",
        )
    points = points_of(record)
    choice = next(point for point in points if point.is_choice)
    subject = next(each for each in record.subjects if each.name == choice.model)
    path = find_subject(config, subject)
    keep_tuning(
        config,
        Tuning(
            identity=identity_of(inspect(path).files),
            machine=machine,
            layout=choice.layout,
            evidence=record.id,
        ),
    )
    changed = _make_default(config, find_subject(config, record.subjects[0]), path)
    return Applied(
        model=choice.model,
        layout=choice.layout,
        evidence=record.id,
        default_before=config.model if changed else None,
        path=str(changed) if changed else None,
    )


def last_tuning(plan: TuningPlan, ledger: Ledger, config: Config) -> Record | None:
    """Return the newest record of the same tuning on this machine, with its items; or None.

    Args:
        plan: What would be measured, with its candidates.
        ledger: Where records are.
        config: Says where the library looks.

    Raises:
        ModelNotFound: There is no such model.
    """
    digest = digest_of_model(config, Library(config).resolve(plan.model))
    machine = read_facts(config).fingerprint
    for record in ledger.list(kind=TUNING, subject=digest):
        is_same = record.settings.get("plan") == plan.kept()
        if is_same and record.circumstances.machine == machine and not record.is_card:
            return ledger.get(record.id)
    return None


def _make_default(config: Config, tuned: Path, chosen: Path) -> Path | None:
    """Make a file the default model where the tuned one was; return what was changed."""
    if tuned == chosen:
        return None
    library = Library(config)
    try:
        default = library.resolve(config.model)
    except HearthError:
        return None  # it is not even here
    if default.path != tuned:
        return None
    entry = next(each for each in library.list() if each.path == chosen)
    return change_setting(config, "model", entry.name)
