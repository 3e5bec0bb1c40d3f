"""What tells of energy: read from small trees of files, as Linux shows them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hearth.machine.power import Counter, Gauge, find_sources, nvml
from support.disks import folder_for_all, without_privileges
from support.machines import write

ZONES = "sys/class/powercap/intel-rapl"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these folders are Linux's")


def socket(number: int, microjoules: int) -> dict[str, str]:
    """Return the files of one socket with its cores and its memory."""
    zone = f"{ZONES}:{number}"
    return {
        f"{zone}/name": f"package-{number}\n",
        f"{zone}/energy_uj": f"{microjoules}\n",
        f"{zone}/max_energy_range_uj": "262143328850\n",
        f"{zone}:0/name": "core\n",
        f"{zone}:0/energy_uj": "1\n",
        f"{zone}:1/name": "dram\n",
        f"{zone}:1/energy_uj": "7000000\n",
        f"{zone}:1/max_energy_range_uj": "65712999613\n",
    }


def test_sockets_and_their_memory_are_counted_and_cores_not_twice(tmp_path: Path) -> None:
    board = {f"{ZONES}:2/name": "psys\n", f"{ZONES}:2/energy_uj": "9\n"}
    same_again = {f"{ZONES}-mmio:0/name": "package-0\n", f"{ZONES}-mmio:0/energy_uj": "5\n"}
    write(tmp_path, {**socket(0, 5_000_000), **socket(1, 6_000_000), **board, **same_again})
    found = find_sources(tmp_path)
    assert [(one.covers, one.read()) for one in found.found] == [
        ("processor", 5.0),
        ("memory", 7.0),
        ("processor", 6.0),
        ("memory", 7.0),
    ]
    first = found.found[0]
    assert isinstance(first, Counter)
    assert first.range_j == pytest.approx(262143.32885)
    assert set(found.missing) == {"machine"}


def test_without_rights_the_command_that_gives_them_is_told() -> None:
    with folder_for_all() as root:
        write(root, socket(0, 1))
        for path in root.glob("sys/class/powercap/*/energy_uj"):
            path.chmod(0o400)
        with without_privileges():
            found = find_sources(root)
    assert found.found == ()
    assert "only root may read" in found.missing["processor"]
    assert "sudo chmod a+r" in found.missing["processor"]
    assert "memory" in found.missing


def test_a_counter_that_holds_nonsense_is_no_counter(tmp_path: Path) -> None:
    write(tmp_path, {f"{ZONES}:0/name": "package-0", f"{ZONES}:0/energy_uj": "soon"})
    assert "'soon'" in find_sources(tmp_path).missing["processor"]


def test_a_machine_without_any_says_why(tmp_path: Path) -> None:
    found = find_sources(tmp_path)
    assert found.found == ()
    assert "virtual machines" in found.missing["processor"]
    assert "meter at the plug" in found.missing["machine"]


def test_gpus_of_amd_and_intel(tmp_path: Path) -> None:
    folder = "sys/class/hwmon/hwmon"
    write(
        tmp_path,
        {
            f"{folder}0/name": "amdgpu",
            f"{folder}0/power1_average": "31000000",
            f"{folder}1/name": "xe",
            f"{folder}1/energy1_input": "12000000",
            f"{folder}2/name": "nvme",
            f"{folder}2/power1_input": "5",
            f"{folder}3/name": "amdgpu",
        },
    )
    gauge, counter = find_sources(tmp_path).found
    assert isinstance(gauge, Gauge)
    assert isinstance(counter, Counter)
    assert (gauge.read(), counter.read()) == (31.0, 12.0)


@pytest.mark.parametrize(
    ("told", "watts"),
    [
        ({"power_now": "11500000"}, 11.5),
        ({"power_now": "-11500000"}, 11.5),
        ({"current_now": "2000000", "voltage_now": "12000000"}, 24.0),
    ],
)
def test_a_battery_in_use(tmp_path: Path, told: dict[str, str], watts: float) -> None:
    files = {"type": "Battery", "status": "Discharging", **told}
    write(tmp_path, {f"sys/class/power_supply/BAT0/{name}": text for name, text in files.items()})
    (found,) = find_sources(tmp_path).found
    assert (found.covers, found.read()) == ("machine", watts)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"type": "Battery", "status": "Charging", "power_now": "9"}, "unplug"),
        ({"type": "Battery", "status": "Discharging"}, "does not tell"),
        ({"type": "Mains", "online": "1"}, "no battery"),
        ({"type": "Battery", "scope": "Device", "status": "Discharging"}, "no battery"),
    ],
)
def test_a_battery_that_tells_nothing(tmp_path: Path, told: dict[str, str], why: str) -> None:
    write(tmp_path, {f"sys/class/power_supply/BAT0/{name}": text for name, text in told.items()})
    found = find_sources(tmp_path)
    assert found.found == ()
    assert why in found.missing["machine"]


def test_without_nvidias_driver() -> None:
    found = nvml.find("libnvidia-ml.so.none")
    assert found.found == ()
    assert "libnvidia-ml.so.none" in found.missing["GPU"]


def test_this_machine_tells_or_says_why() -> None:
    here = find_sources()
    told = {source.covers for source in here.found} | set(here.missing)
    assert {"processor", "machine", "GPU"} <= told
    assert all(len(reason) > 10 for reason in here.missing.values())
