"""NVIDIA's management library, in the shape of a small library with the same functions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hearth.machine.power import Counter, Gauge, nvml

# Two GPUs: the first counts its energy, the second is too old to and shows its power.
TWO_GPUS = """
static int first, second;
int nvmlInit_v2(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 3; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **handle) {
    *handle = index ? &second : &first;
    return index > 1 ? 15 : 0;  /* the third is lost */
}
int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules) {
    *millijoules = 5000000000000ULL;
    return handle == &first ? 0 : 3;
}
int nvmlDeviceGetPowerUsage(void *handle, unsigned int *milliwatts) {
    *milliwatts = 250500;
    return 0;
}
"""
NO_DRIVER = """
int nvmlInit_v2(void) { return 9; }
const char *nvmlErrorString(int status) { return status == 9 ? "Driver Not Loaded" : "?"; }
"""


@pytest.fixture
def built(tmp_path: Path):
    """Return a function that compiles a library; skip where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform == "win32":
        pytest.skip("there is no C compiler")

    def build(source: str) -> str:
        path = tmp_path / "libnvidia-ml.so.1"
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", str(path)],
            input=source,
            text=True,
            check=True,
        )
        return str(path)

    return build


def test_counters_and_gauges(built) -> None:
    found = nvml.find(built(TWO_GPUS))
    counter, gauge = found.found
    assert isinstance(counter, Counter)
    assert isinstance(gauge, Gauge)
    assert (counter.read(), gauge.read()) == (5e9, 250.5)
    assert {counter.covers, gauge.covers} == {"GPU"}
    assert found.missing == {}


def test_a_driver_that_does_not_answer(built) -> None:
    found = nvml.find(built(NO_DRIVER))
    assert found.found == ()
    assert found.missing["GPU"].endswith("Driver Not Loaded")
