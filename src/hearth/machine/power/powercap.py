"""The processor's energy counters (RAPL), as Linux shows them: `/sys/class/powercap/intel-rapl:*`.

AMD's processors show theirs under the same name. A zone "package" is a socket with its cores,
caches and the GPU in it; its "core" and "uncore" are parts of that, and left out. "dram" is not in
the package and is added. "psys" is left out too: how much of the board it covers differs by board.
Counters begin again at 0 beyond `max_energy_range_uj`.
Source: Documentation/power/powercap of Linux; Intel 64 and IA-32 Architectures Software Developer's
Manual, volume 3B, 15.10.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from hearth.machine.power.energy import Covers
from hearth.machine.power.sources import Counter, Sources
from hearth.machine.read.files import read_number, read_text

PERIOD_S = 0.001  # the manual: "updated every ~1 msec"
_ZONE = re.compile(r"intel-rapl:\d+(:\d+)?")
_ALLOW = "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj"
_NO_COUNTERS = {
    "linux": "the kernel shows no energy counters (/sys/class/powercap), as is usual in virtual "
    "machines and containers",
    "darwin": "only `sudo powermetrics` tells it on macOS, and Hearth does not run as root",
    "win32": "Windows tells it only through drivers of others",
}


def find(root: Path) -> Sources:
    """Find the processor's counters.

    Args:
        root: Where `sys` is.
    """
    counters: list[Counter] = []
    missing: dict[str, str] = {}
    for zone in sorted((root / "sys/class/powercap").glob("intel-rapl:*")):
        covers = _covers(read_text(zone / "name") or "") if _ZONE.fullmatch(zone.name) else None
        if covers is None:
            continue
        reason = _why_not(zone / "energy_uj")
        if reason:
            missing[covers] = reason
            continue
        counters.append(_counter(zone, covers))
    if not counters and not missing:
        missing["processor"] = _NO_COUNTERS.get(sys.platform, "this system shows no counters")
    return Sources(found=tuple(counters), missing=missing)


def _covers(name: str) -> Covers | None:
    if name.startswith("package"):
        return "processor"
    return "memory" if name == "dram" else None


def _counter(zone: Path, covers: Covers) -> Counter:
    most = read_number(zone / "max_energy_range_uj")

    def read() -> float | None:
        microjoules = read_number(zone / "energy_uj")
        return None if microjoules is None else microjoules / 1e6

    return Counter(
        covers=covers,
        method="RAPL counters of the processor",
        read=read,
        range_j=most / 1e6 if most else None,
        period_s=PERIOD_S,
    )


def _why_not(path: Path) -> str | None:
    """Return why a counter cannot be read; None where it can."""
    try:
        text = path.read_text("ascii").strip()
    except PermissionError:
        return (
            f"only root may read {path}: `{_ALLOW}` lets everybody until the next start (other "
            "users can then tell something of what is computed: CVE-2020-8694)"
        )
    except (OSError, UnicodeDecodeError) as error:
        return f"{path} cannot be read: {error}"
    return None if text.isdigit() else f"{path} holds {text[:20]!r}, which is no count"
