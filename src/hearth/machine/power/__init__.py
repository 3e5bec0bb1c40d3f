"""How much energy this machine takes, as far as it tells.

    energy.py     the values: energy of a span with its range and method, or why there is none
    powercap.py   the processor's own counters (RAPL), as Linux shows them
    hwmon.py      GPUs of AMD and Intel, as Linux shows them
    nvml.py       NVIDIA's driver
    battery.py    what a laptop draws from its battery: the whole machine, coarsely
    find.py       all of these, and why others are not there
    sources.py    what a source is: a counter of joules, or a gauge of watts
    meter.py      a span of time around some work

Nothing is estimated from a processor's name or its rated power. Where nothing tells, a person may
enter what a meter at the plug shows.
"""

from hearth.machine.power.energy import Covers, Energy, Reading
from hearth.machine.power.find import find_sources
from hearth.machine.power.meter import Meter
from hearth.machine.power.sources import Counter, Gauge, Sources

__all__ = ["Counter", "Covers", "Energy", "Gauge", "Meter", "Reading", "Sources", "find_sources"]
