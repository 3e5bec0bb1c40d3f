"""What a command of the command line left behind, as the tests see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """Exit status, standard output and standard error."""

    status: int
    out: str
    err: str


Hearth = Callable[..., Result]
