"""What tuning has found and somebody applied: the layout of each model on this machine.

Kept in Hearth's home, by the identity of the file's bytes and the fingerprint of the machine, so
that neither another file of the same name nor another machine takes it over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hearth.config import Config, ensure_home, write_whole
from hearth.core import Choice
from hearth.errors import SetupError
from hearth.machine.facts import read_facts
from hearth.models.library.hashing import digest_of_files
from hearth.models.library.identity import sample
from hearth.plan.layouts import LAYOUTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """A layout that was measured to be best.

    Args:
        identity: Of the model's files, as `identity_of` returns it.
        machine: Fingerprint of the machine it was measured on.
        layout: One of `hearth.plan.layouts.LAYOUTS`.
        evidence: Id of the record that says why.
    """

    identity: str
    machine: str
    layout: str
    evidence: str

    @property
    def choice(self) -> Choice[str]:
        """The layout as a setting with its reason."""
        return Choice(value=self.layout, reason=f"as tuned; hearth evidence show {self.evidence}")


def identity_of(files: Sequence[Path]) -> str:
    """Return what tells a model's files from others; 320 KiB of each are read."""
    return digest_of_files(sample(file) for file in files)


def tuned_layout(config: Config, files: Sequence[Path]) -> Choice[str] | None:
    """Return the layout that was found best for a model on this machine; None if none was."""
    if not config.tunings_dir.is_dir():
        return None
    identity = identity_of(files)
    tuning = _read(config.tunings_dir / f"{identity}.json")
    if tuning is None or tuning.identity != identity or tuning.layout not in LAYOUTS:
        return None
    return tuning.choice if tuning.machine == read_facts(config).fingerprint else None


def keep_tuning(config: Config, tuning: Tuning) -> None:
    """Keep a layout for a model; what was kept of it before is replaced.

    Raises:
        SetupError: Hearth's home cannot be written.
    """
    ensure_home(config)
    path = config.tunings_dir / f"{tuning.identity}.json"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, json.dumps(asdict(tuning), indent=1))
    except OSError as error:
        raise SetupError(
            f"What was tuned cannot be kept in {path.parent}: {error.strerror or error}."
        ) from error


def _read(path: Path) -> Tuning | None:
    """Return what is kept; None where the file is not whole, since it can be tuned again."""
    try:
        return Tuning(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
