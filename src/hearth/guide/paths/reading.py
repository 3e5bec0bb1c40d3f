"""Reads the paths from their file, strictly: a step that leads nowhere is an error."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from typing import Any

import msgspec

from hearth.errors import NotFound
from hearth.guide.contents import topics
from hearth.guide.demonstrations import names
from hearth.guide.paths.path import Path, Step

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadPath(ValueError):
    """The file of the paths breaks its rules."""


@functools.cache
def paths() -> tuple[Path, ...]:
    """Return all paths in their order."""
    text = resources.files("hearth.guide.paths").joinpath("paths.toml").read_text("utf-8")
    return read_paths(tomllib.loads(text))


def find_path(path_id: str) -> Path:
    """Return a path by its id.

    Raises:
        NotFound: There is none of this id.
    """
    found = next((path for path in paths() if path.id == path_id), None)
    if found is None:
        raise NotFound(
            f"There is no path {path_id!r}; there are {', '.join(path.id for path in paths())}.",
            hint="`hearth path` shows them.",
            param="path",
        )
    return found


def read_paths(table: Mapping[str, Any]) -> tuple[Path, ...]:
    """Read paths that were parsed from TOML.

    Raises:
        BadPath: A field is wrong, an id stands twice, or a topic or demonstration is not there.
    """
    _check_fields(table)
    try:
        found = msgspec.convert(table["path"], tuple[Path, ...])
    except (KeyError, msgspec.ValidationError) as error:
        raise BadPath(f"the paths cannot be read: {error}") from error
    _check_ids("the paths", [path.id for path in found])
    for path in found:
        _check(path)
    return found


def _check_fields(table: Mapping[str, Any]) -> None:
    """Refuse fields that nobody reads, which a slip of the pen makes."""
    rows = table.get("path", [])
    steps = [step for row in rows for step in row.get("steps", [])]
    for kind, found in ((Path, rows), (Step, steps)):
        known = {field.name for field in fields(kind)}
        if unknown := {name for row in found for name in row} - known:
            raise BadPath(f"a {kind.__name__.lower()} has no {', '.join(sorted(unknown))}")


def _check(path: Path) -> None:
    _check_ids(f"the steps of {path.id}", [step.id for step in path.steps])
    known = {topic.id for topic in topics()}
    for step in path.steps:
        where = f"the step {step.id!r} of {path.id!r}"
        if step.topic not in known:
            raise BadPath(f"{where} leads to the topic {step.topic!r}, which is not there")
        if step.demonstration is not None and step.demonstration not in names():
            raise BadPath(f"{where} shows {step.demonstration!r}, which is not there")
        if not all(line.startswith("hearth ") for line in step.commands):
            raise BadPath(f"{where} has a command that is not Hearth's")


def _check_ids(what: str, ids: list[str]) -> None:
    if not ids or len(set(ids)) < len(ids) or not all(map(_ID.fullmatch, ids)):
        raise BadPath(f"{what} need ids of lower-case words joined by hyphens, no two alike: {ids}")
