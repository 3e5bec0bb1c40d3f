"""Hearth's home: can it be written, does nobody else read it, is the database whole?"""

from __future__ import annotations

import os
from pathlib import Path

from hearth.config import Config, ensure_home
from hearth.doctor.finding import Finding, State
from hearth.errors import SetupError, StoreError


def examine_home(config: Config) -> Finding:
    """Check that the home can be written, and that it is private. Makes nothing that is missing."""
    home = config.home
    if not home.exists():
        return _examine_missing(home)
    try:
        ensure_home(config)
    except SetupError as error:
        return Finding(subject="Home", state=State.BAD, detail=error.message, cure=error.hint)
    if os.name == "posix" and home.stat().st_mode & 0o077:
        return Finding(
            subject="Home",
            state=State.WARN,
            detail=f"{home} can be read by other users of this machine.",
            cure=f"chmod 700 '{home}'",
        )
    return Finding(subject="Home", state=State.OK, detail=f"{home} can be written.")


def _examine_missing(home: Path) -> Finding:
    parent = next(folder for folder in home.absolute().parents if folder.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        detail = f"{home} will be made at the first start."
        return Finding(subject="Home", state=State.OK, detail=detail)
    return Finding(
        subject="Home",
        state=State.BAD,
        detail=f"{home} does not exist and cannot be made: {parent} cannot be written.",
        cure="Set HEARTH_HOME to a folder you own.",
    )


def examine_database(config: Config) -> Finding:
    """Check the database for damage, if there is one."""
    if config.database_url is not None:
        scheme = config.database_url.partition(":")[0]
        detail = f"A database of your own is set ({scheme}); it is not examined here."
        return Finding(subject="Database", state=State.INFO, detail=detail)
    path = config.database_path
    if not path.is_file():
        detail = "None yet; it is made with the first conversation."
        return Finding(subject="Database", state=State.OK, detail=detail)
    from hearth.store.sqlite_file import check, read_revision

    try:
        check(path)
        schema = read_revision(path) or "none"
    except StoreError as error:
        return Finding(subject="Database", state=State.BAD, detail=error.message, cure=error.hint)
    size = f"{path.stat().st_size / 1e6:.1f} MB"
    return Finding(
        subject="Database",
        state=State.OK,
        detail=f"{path}: whole, {size}, schema {schema}.",
    )
