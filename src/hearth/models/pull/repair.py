"""Fetch a damaged file again: the hook that `Library.verify` calls with `repair`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hearth.config import Config
from hearth.errors import SourceError
from hearth.models.hub import HubSettings
from hearth.models.labels import plain
from hearth.models.library import ModelEntry, Repair
from hearth.models.pull.place import quarantine_path
from hearth.models.pull.steps import pull


def repairer(config: Config, settings: HubSettings | None = None) -> Repair:
    """Return what fetches a file again.

    Args:
        config: Says where Hearth's own folder is.
        settings: The hub's; default: those of the environment.
    """

    def repair(path: Path, reference: str, sha256: str) -> None:
        """Fetch a file again; the damaged one comes back if that fails.

        Args:
            path: The damaged file, or the link that leads to it.
            reference: What it was fetched by.
            sha256: What it must hash to.

        Raises:
            HearthError: The source does not have these bytes, or does not answer.
        """
        target = path.resolve()
        aside = quarantine_path(target)
        os.replace(target, aside)
        try:
            _fill(target, pull(reference, config=config, settings=settings))
            if not target.exists():
                raise SourceError(f"{plain(reference)!r} no longer leads to {sha256[:12]}….")
        except BaseException:
            if not target.exists():
                os.replace(aside, target)
            raise
        aside.unlink(missing_ok=True)

    return repair


def _fill(target: Path, entry: ModelEntry) -> None:
    """Copy the bytes where the pull found them in another place and fetched nothing."""
    if target.exists() or not entry.path.is_file():
        return
    draft = target.with_name(f".{target.name}.new")
    try:
        shutil.copyfile(entry.path, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
