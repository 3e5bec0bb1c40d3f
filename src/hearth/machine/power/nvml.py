"""Energy of NVIDIA's GPUs, from the management library (NVML) that every driver brings along.

All GPUs that the driver shows are counted, whoever uses them. Where a GPU counts no energy (before
Volta), its power is read instead.
Source: NVML API Reference, nvmlDeviceGetTotalEnergyConsumption (millijoules since the driver was
loaded) and nvmlDeviceGetPowerUsage (milliwatts). What they show is brought up to date every 100 ms
or more often: Yang, Adamek, Armour, Part-time Power Measurements (arXiv:2312.02741).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

from hearth.machine.power.sources import Counter, Gauge, Sources

_PERIOD_S = 0.1
_LIBRARY = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"


def find(library: str = _LIBRARY) -> Sources:
    """Find the counters of NVIDIA's GPUs.

    Args:
        library: Name or path of NVML.
    """
    try:
        nvml = ctypes.CDLL(library)
    except OSError:
        return Sources(missing={"GPU": f"NVIDIA's driver is not here ({library})"})
    status = nvml.nvmlInit_v2()
    if status:
        return Sources(missing={"GPU": f"NVIDIA's driver does not answer: {_words(nvml, status)}"})
    found: list[Counter | Gauge] = []
    for handle in _handles(nvml):
        energy = _reader(nvml.nvmlDeviceGetTotalEnergyConsumption, handle, ctypes.c_ulonglong)
        power = _reader(nvml.nvmlDeviceGetPowerUsage, handle, ctypes.c_uint)
        if energy() is not None:
            method = "NVML's energy counter"
            found.append(Counter(covers="GPU", method=method, read=energy, period_s=_PERIOD_S))
        elif power() is not None:
            found.append(Gauge(covers="GPU", method="NVML's power gauge", read=power))
    missing = {} if found else {"GPU": "NVIDIA's driver tells no energy of any GPU"}
    return Sources(found=tuple(found), missing=missing)


def _handles(nvml: ctypes.CDLL) -> list[ctypes.c_void_p]:
    count = ctypes.c_uint()
    if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)):
        return []
    handles = [ctypes.c_void_p() for _ in range(count.value)]
    return [
        handle
        for index, handle in enumerate(handles)
        if not nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle))
    ]


def _reader(
    function: Any, handle: ctypes.c_void_p, kind: type[ctypes.c_uint] | type[ctypes.c_ulonglong]
) -> Callable[[], float | None]:
    """Return a function that reads thousandths of a unit from the driver."""

    def read() -> float | None:
        value = kind()
        status = function(handle, ctypes.byref(value))
        return None if status else value.value / 1000

    return read


def _words(nvml: ctypes.CDLL, status: int) -> str:
    nvml.nvmlErrorString.restype = ctypes.c_char_p
    return (nvml.nvmlErrorString(status) or b"").decode("utf-8", "replace")
