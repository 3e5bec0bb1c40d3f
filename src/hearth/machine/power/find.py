"""Everything on this machine that tells of energy, and why the rest does not."""

from __future__ import annotations

from pathlib import Path

from hearth.machine.power import battery, hwmon, nvml, powercap
from hearth.machine.power.sources import Sources


def find_sources(root: Path = Path("/")) -> Sources:
    """Find everything that tells of energy.

    Args:
        root: Where `sys` is; NVIDIA's driver is asked only on the real one.
    """
    answers = [powercap.find(root), hwmon.find(root)]
    if root == Path("/"):
        answers.append(nvml.find())
    answers.append(battery.find(root))
    found = tuple(source for answer in answers for source in answer.found)
    covered = {source.covers for source in found}
    missing = {
        name: reason
        for answer in answers
        for name, reason in answer.missing.items()
        if name not in covered
    }
    return Sources(found=found, missing=missing)
