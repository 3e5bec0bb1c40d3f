"""Read a suite from a folder, refusing what would not be checked as it was meant."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hearth.core import Message, Role
from hearth.errors import InvalidRequest
from hearth.measure.checks import Case, read_checks

DEFAULT_MAX_TOKENS = 256
MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_CASES = 10_000
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The cases of a folder.

    Args:
        name: The folder's own name.
        cases: In the order of the files' names; each id is FILE/NAME.
    """

    name: str
    cases: tuple[Case, ...]


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    role: str
    content: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(min_length=1)
    prompt: str | None = None
    messages: list[_Turn] | None = None
    checks: list[dict[str, Any]]
    good: str
    max_tokens: int = Field(DEFAULT_MAX_TOKENS, ge=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    system: str | None = None
    cases: list[_Row] = Field(min_length=1)


def read_suite(folder: Path) -> Suite:
    """Read the YAML files of a folder and of those below it.

    Args:
        folder: Holds `*.yaml` or `*.yml`; a single such file is a suite as well.

    Raises:
        InvalidRequest: There are none, or one is not as it must be; the file and place are told.
    """
    files = [folder] if folder.is_file() else _files(folder)
    cases = [case for file in files for case in _read_file(file, _title(file, folder))]
    if len(cases) > MAX_CASES:
        raise InvalidRequest(f"{folder} has {len(cases):,} cases; at most {MAX_CASES:,} are run.")
    twice = [name for name, count in Counter(case.id for case in cases).items() if count > 1]
    if twice:
        raise InvalidRequest(
            f"The name {twice[0]!r} is there more than once in {folder}.",
            hint="Names tell cases apart from one run to the next; give each its own.",
        )
    return Suite(
        name=(folder.stem if folder.is_file() else folder.resolve().name), cases=tuple(cases)
    )


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())
    if not found:
        raise InvalidRequest(
            f"{folder} holds no suite: a folder with at least one YAML file is needed.",
            hint="`hearth guide own-tests` shows one to begin with.",
            param="folder",
        )
    return found


def _title(file: Path, folder: Path) -> str:
    return file.stem if file == folder else file.relative_to(folder).with_suffix("").as_posix()


def _read_file(path: Path, title: str) -> list[Case]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidRequest(f"{path} is larger than {MAX_FILE_BYTES:,} bytes.")
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InvalidRequest(f"{path} cannot be read as YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(
            f"{path}, at {place or 'the top'}: {first['msg']}.",
            hint="A file has `cases`, each with name, prompt (or messages), checks and good.",
        ) from error
    return [_case(row, file.system, title) for row in file.cases]


def _case(row: _Row, system: str | None, title: str) -> Case:
    name = f"{title}/{row.name}"
    turns = _turns(row, name)
    if system is not None and turns[0].role is not Role.SYSTEM:
        turns.insert(0, Message(role=Role.SYSTEM, content=system))
    return Case(
        id=name,
        messages=tuple(turns),
        checks=read_checks(row.checks, where=name),
        good=row.good,
        max_tokens=row.max_tokens,
    )


def _turns(row: _Row, name: str) -> list[Message]:
    if (row.prompt is None) == (not row.messages):
        raise InvalidRequest(f"{name}: give either a prompt or messages, and not both.")
    if row.prompt is not None:
        return [Message(role=Role.USER, content=row.prompt)]
    roles = {role.value: role for role in (Role.SYSTEM, Role.USER, Role.ASSISTANT)}
    for turn in row.messages or ():
        if turn.role not in roles:
            raise InvalidRequest(f"{name}: the role {turn.role!r} is none of {', '.join(roles)}.")
    return [Message(role=roles[turn.role], content=turn.content) for turn in row.messages or ()]
