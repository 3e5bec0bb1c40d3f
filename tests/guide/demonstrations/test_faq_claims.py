"""Claims about hardware, judged by machines whose figures are known."""

from __future__ import annotations

import pytest

from hearth.guide.demonstrations.faq_claims import claims_of_machine, claims_of_market
from hearth.machine.profile import MachineProfile, MemoryPart, StoragePart
from support.guide import with_speeds

BARE = MachineProfile(
    name="made up",
    date="2026-11-22T04:00:00+00:00",
    fingerprint="none",
    memory=MemoryPart(),
    storage=(StoragePart(kind="NVMe SSD"),),
)


def judged(profile: MachineProfile) -> list[str]:
    return [verdict.holds for verdict in claims_of_machine(profile)]


@pytest.mark.parametrize(
    ("memory", "disk", "expected"),
    [
        (100e9, 5e9, "holds"),  # twenty times
        (100e9, 9.9e9, "holds"),  # ten times: as far off as "about" goes
        (100e9, 2.6e9, "holds"),
        (100e9, 12e9, "does not hold"),
        (100e9, 2e9, "does not hold"),
    ],
)
def test_about_twenty_times(memory: float, disk: float, expected: str) -> None:
    assert judged(with_speeds(BARE, memory=memory, disk=disk))[0] == expected


def test_latency_is_judged_by_itself() -> None:
    near = with_speeds(BARE, memory=100e9, disk=5e9, near_s=1e-7, far_s=2e-6)
    far = with_speeds(BARE, memory=100e9, disk=5e9, near_s=1e-7, far_s=1e-4)
    assert (judged(near)[1], judged(far)[1]) == ("holds", "does not hold")


@pytest.mark.parametrize(("memory", "expected"), [(100e9, "holds"), (20e9, "does not hold")])
def test_a_tenth_of_a_graphics_card(memory: float, expected: str) -> None:
    assert judged(with_speeds(BARE, memory=memory, disk=5e9))[2] == expected


def test_size_comes_first_where_the_disk_is_slow() -> None:
    assert judged(with_speeds(BARE, memory=100e9, disk=5e9))[3] == "holds"
    assert judged(with_speeds(BARE, memory=100e9, disk=90e9))[3] == "does not hold"


def test_what_was_not_measured_is_not_decided() -> None:
    assert set(judged(BARE)) == {"not decided here"}


def test_each_verdict_has_its_figures() -> None:
    profile = with_speeds(BARE, memory=100e9, disk=5e9)
    for verdict in (*claims_of_machine(profile), *claims_of_market()):
        assert any(character.isdigit() for character in verdict.figures)


def test_the_market_has_moved_on() -> None:
    largest, slower = claims_of_market()
    assert largest.holds == "does not hold"
    assert slower.holds == "holds"
