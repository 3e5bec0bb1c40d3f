"""Energy and power of GPUs of AMD and Intel, as Linux shows them: `/sys/class/hwmon`.

`energy1_input` counts microjoules (drivers i915 and xe), `power1_average` and `power1_input` show
microwatts (amdgpu). Source: Documentation/hwmon/sysfs-interface and the drivers' pages of Linux.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hearth.machine.power.sources import Counter, Gauge, Sources
from hearth.machine.read.files import read_number, read_text

_DRIVERS = ("amdgpu", "i915", "xe")
_PERIOD_S = 0.1


def find(root: Path) -> Sources:
    """Find the GPUs' counters and gauges.

    Args:
        root: Where `sys` is.
    """
    found: list[Counter | Gauge] = []
    for folder in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        driver = read_text(folder / "name")
        if driver not in _DRIVERS:
            continue
        method = f"the driver {driver} of the GPU"
        if read_number(folder / "energy1_input") is not None:
            read = _millionths(folder / "energy1_input")
            found.append(Counter(covers="GPU", method=method, read=read, period_s=_PERIOD_S))
            continue
        for name in ("power1_average", "power1_input"):
            if read_number(folder / name) is not None:
                found.append(Gauge(covers="GPU", method=method, read=_millionths(folder / name)))
                break
    return Sources(found=tuple(found))


def _millionths(path: Path) -> Callable[[], float | None]:
    def read() -> float | None:
        number = read_number(path)
        return None if number is None else number / 1e6

    return read
