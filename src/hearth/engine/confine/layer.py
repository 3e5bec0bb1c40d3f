"""What became of one layer of confinement: a value that says it in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of confinement and whether it holds.

    Args:
        name: The kernel's name of the mechanism ("landlock" or "seccomp").
        active: True when the kernel has accepted it for this process.
        detail: What it refuses; or, when inactive, why it could not be applied.
    """

    name: str
    active: bool
    detail: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.name} {'on' if self.active else 'off'}: {self.detail}"
