"""Profiles as JSON: written for other machines and programs, and read as hostile input.

What is read has to have the shape of `MachineProfile` exactly: a field that is unknown is refused
and not skipped, because it may be what a newer Hearth reckons with. Sizes, counts and texts are
bounded first. Numbers that are not finite, ranges that are none and control characters are refused.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from hearth.errors import InvalidRequest, NotFound
from hearth.machine.profile import PROFILE_FORMAT, MachineProfile

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_FILE_BYTES = 2**20
MAX_TEXT_CHARS = 500
MAX_ITEMS = 1024
MAX_NUMBER = 1e18
_HINT = "Profiles are written by `hearth machine export FILE`."


def profile_text(profile: MachineProfile) -> str:
    """Return a profile as JSON; `parse_profile` gives back an equal one."""
    return json.dumps(asdict(profile), indent=2, allow_nan=False) + "\n"


def read_profile(path: Path) -> MachineProfile:
    """Read a profile from a file.

    Raises:
        NotFound: There is no such file.
        InvalidRequest: The file is too large, or is no profile.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NotFound(
            f"The profile {path} cannot be read: {error.strerror or error}.", hint=_HINT
        ) from error
    return parse_profile(data, str(path))


def parse_profile(data: bytes, name: str) -> MachineProfile:
    """Read a profile from JSON.

    Args:
        data: At most 1 MiB.
        name: What to call it in errors.

    Raises:
        InvalidRequest: It is too large, or is no profile; the message says where and why.
    """
    if len(data) > MAX_FILE_BYTES:
        raise InvalidRequest(
            f"{name} is larger than {MAX_FILE_BYTES} bytes, which no profile is.", hint=_HINT
        )
    try:
        found = json.loads(data, parse_constant=_refuse_constant)
        _check_format(found)
        _check_values(found)
        return _adapter().validate_json(data)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{name} is no profile: {_reason(error)}", hint=_HINT) from error


def _check_format(found: Any) -> None:
    given = found.get("format") if isinstance(found, dict) else None
    if given != PROFILE_FORMAT or isinstance(given, bool):
        raise ValueError(f"its format is {given!r}; this Hearth reads format {PROFILE_FORMAT}.")


def _check_values(found: Any) -> None:
    """Bound what any field may hold, before anything is made of it."""
    waiting = [found]
    for value in waiting:  # which grows meanwhile
        if isinstance(value, dict | list):
            if len(value) > MAX_ITEMS:
                raise ValueError(f"a list of {len(value)} entries; up to {MAX_ITEMS} are allowed.")
            waiting += [*value, *value.values()] if isinstance(value, dict) else value
        elif isinstance(value, str):
            if len(value) > MAX_TEXT_CHARS or not value.isprintable():
                raise ValueError(
                    f"the text {value[:40]!r} is too long or holds control characters."
                )
        elif isinstance(value, int | float) and not 0 <= value <= MAX_NUMBER:
            raise ValueError(f"the number {value:g} is not in 0 to {MAX_NUMBER:g}.")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number.")


def _reason(error: Exception) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return "it is nested too deeply." if isinstance(error, RecursionError) else str(error)
    first = errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}."


@functools.cache
def _adapter() -> TypeAdapter[MachineProfile]:
    from pydantic import ConfigDict, TypeAdapter, with_config

    for cls in _parts(MachineProfile):
        with_config(ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))(cls)
    return TypeAdapter(MachineProfile)


def _parts(cls: type[Any]) -> Iterator[type[Any]]:
    """Yield a dataclass and all that its fields are made of."""
    yield cls
    for hint in get_type_hints(cls).values():
        for inner in _flat(hint):
            if is_dataclass(inner) and isinstance(inner, type):
                yield from _parts(inner)


def _flat(hint: Any) -> Iterator[Any]:
    yield hint
    for argument in get_args(hint):
        yield from _flat(argument)
