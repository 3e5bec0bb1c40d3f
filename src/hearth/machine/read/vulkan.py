"""GPUs that Vulkan's loader sees: the last resort where neither bus nor driver names one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearth.machine.read.programs import ask

_DEVICE = re.compile(r"^\s*(deviceType|deviceName)\s*=\s*(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VulkanGpu:
    """A GPU by its name; one that is part of the processor shares the machine's memory."""

    name: str
    shares_memory: bool


def ask_vulkan(program: str = "vulkaninfo") -> tuple[VulkanGpu, ...] | str:
    """Return the GPUs that Vulkan sees, or why it cannot be asked; software renderers are none."""
    answer = ask(program, "--summary")
    return answer.why_not or parse_summary(answer.text)


def parse_summary(text: str) -> tuple[VulkanGpu, ...]:
    """Read the summary: of each device first its type, then its name."""
    found, kind = [], ""
    for field, value in _DEVICE.findall(text):
        if field == "deviceType":
            kind = value
        elif kind.endswith(("_DISCRETE_GPU", "_INTEGRATED_GPU")):
            found.append(VulkanGpu(name=value, shares_memory=kind.endswith("_INTEGRATED_GPU")))
            kind = ""
    return tuple(found)
