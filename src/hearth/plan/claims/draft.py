"""A claim while it is being read: every field may be said once, and what was said is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hearth.errors import InvalidRequest
from hearth.plan.claims.claim import Claim
from hearth.plan.devices import Computer, Device
from hearth.plan.units import digits


@dataclass(slots=True)
class Draft:
    """Collects the fields of a claim, and refuses two different values for one.

    Args:
        fields: Fields of `Claim` by name.
        devices: Devices named, GPUs before the processor.
        notes: What was taken for granted, as sentences.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    devices: list[Device] = field(default_factory=list)
    machine: Computer | None = None
    link: float | None = None
    notes: list[str] = field(default_factory=list)

    def say(self, name: str, value: object) -> None:
        """Set a field.

        Raises:
            InvalidRequest: The claim has said something else already.
        """
        if name in self.fields and self.fields[name] != value:
            raise InvalidRequest(
                f"The claim gives {name.replace('_', ' ')} twice: "
                f"{_shown(self.fields[name])} and {_shown(value)}.",
                hint="Check one claim at a time.",
            )
        self.fields[name] = value

    def claim(self) -> Claim:
        """Return the claim with what the fields say of each other put in place."""
        fields = dict(self.fields)
        fields["computer"] = self._computer()
        return Claim(**fields)

    def _computer(self) -> Computer | None:
        if self.machine is not None:
            return self.machine
        if not self.devices:
            return None
        ordered = sorted(self.devices, key=lambda device: device.kind != "gpu")
        name = " + ".join(device.name for device in ordered)
        return Computer(name=name, devices=tuple(ordered), link=self.link)


def _shown(value: object) -> str:
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return name
    return digits(value) if isinstance(value, float | int) else str(value)
