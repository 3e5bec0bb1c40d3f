"""What a path is, and a step of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hearth.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a path.

    Args:
        id: Lower-case words joined by hyphens; what is kept as done, and never changed.
        topic: Id of the topic to read.
        do: What to do or decide, in a sentence or two.
        commands: Command lines that do it, each beginning with `hearth`.
        demonstration: Name of what to look at here, or None.
    """

    id: str
    title: str
    topic: str
    do: str
    commands: tuple[str, ...]
    demonstration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Steps that lead somewhere.

    Args:
        id: Lower-case words joined by hyphens.
        promise: What whoever went it can do, in a sentence.
    """

    id: str
    title: str
    promise: str
    steps: tuple[Step, ...]

    def step(self, step_id: str) -> Step:
        """Return a step by its id, or by its number from 1 on.

        Raises:
            NotFound: The path has no such step.
        """
        for number, step in enumerate(self.steps, start=1):
            if step_id in (step.id, str(number)):
                return step
        raise NotFound(
            f"The path {self.id!r} has no step {step_id!r}; it has {len(self.steps)}.",
            hint=f"`hearth path {self.id}` shows them.",
            param="step",
        )

    def as_data(self) -> dict[str, Any]:
        """Return the path as plain data."""
        return asdict(self)
