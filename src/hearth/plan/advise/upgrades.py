"""Upgrades that a machine could get: each a profile of the machine as it would then be.

More main memory, faster main memory, a second channel, graphics cards of the catalogue, and other
machines. Nothing here knows a model, a speed or a price. A step whose starting point the machine
does not tell (which kind of memory, how many channels) is left out, and `unknown_steps` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from hearth.machine.catalogue import GpuRow, find_memory, gpus
from hearth.machine.catalogue.records import GIB
from hearth.machine.describe import describe_machine, gpu_part
from hearth.machine.profile import KernelSpeed, MachineProfile, Measured

UpgradeKind = Literal["main memory", "graphics card", "professional card", "another machine"]
KINDS: tuple[UpgradeKind, ...] = get_args(UpgradeKind)

MEMORY_SIZES_GB = (8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
MORE_MEMORY = "main memory"  # the family of its sizes
CARD_COUNTS = (1, 2, 4)
SECOND_MODULE = "a second module like the first, in a channel of its own"
# Cards that people put into their own computers; all others are for workstations and servers.
_HOME = ("GeForce", "Radeon", "Arc")
# Modules for servers' own boards: no computer at home has a place for them.
_NO_CARD = ("SXM", "MI325X", "MI300X", "MI250X", "A100 40 GB")
OTHER_MACHINES = (
    "128 GB DDR5-5600 x2",
    "512 GB DDR5-4800 x8",
    "768 GB DDR5-6400 x12",
    "8x NVIDIA H100 SXM + 2048 GB DDR5-4800 x16",
    "8x NVIDIA H200 SXM + 2048 GB DDR5-5600 x16",
    "8x AMD Instinct MI300X + 2048 GB DDR5-4800 x16",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """One upgrade.

    Args:
        name: What a person would call it.
        family: What is the same among upgrades that differ in their amount alone, which come one
            after another from the least; empty where there is one amount.
        items: What is bought, by the name that a price is entered for, and how many.
        profile: The machine as it would then be.
    """

    kind: UpgradeKind
    name: str
    items: tuple[tuple[str, int], ...]
    profile: MachineProfile
    family: str = ""


def upgrades(profile: MachineProfile) -> Iterator[Upgrade]:
    """Yield every upgrade of a machine that the catalogue knows."""
    yield from _more_memory(profile)
    yield from _faster_memory(profile)
    yield from _cards(profile)
    yield from _other_machines()


def unknown_steps(profile: MachineProfile) -> Iterator[str]:
    """Yield what cannot be weighed since the machine does not tell where it stands."""
    memory = profile.memory
    if _shares_memory(profile):
        return
    if memory.total_bytes is None:
        yield "more main memory: how much there is now is not known"
    if memory.kind is None or memory.num_channels is None:
        yield "faster main memory: its kind and its channels are not known"


def _more_memory(profile: MachineProfile) -> Iterator[Upgrade]:
    memory = profile.memory
    total = memory.total_bytes
    if total is None or _shares_memory(profile):
        return
    for size in MEMORY_SIZES_GB:
        more = size * GIB - total
        if more < total // 4:
            continue  # less than a step: what the firmware keeps for itself makes totals uneven
        free = memory.available_bytes
        larger = replace(
            memory,
            total_bytes=size * GIB,
            available_bytes=None if free is None else free + more,
            limited_by=None,
        )
        yield Upgrade(
            kind="main memory",
            name=f"{size} GB of main memory",
            items=((f"{size} GB", 1),),
            profile=replace(profile, memory=larger),
            family=MORE_MEMORY,
        )


def _faster_memory(profile: MachineProfile) -> Iterator[Upgrade]:
    memory = profile.memory
    if memory.kind is None or memory.num_channels is None or _shares_memory(profile):
        return
    now = memory.theoretical_bandwidth
    if now is None or " and " in memory.kind:
        return
    row = find_memory(memory.kind)
    bits = memory.num_channels * row.channel_bits
    fastest = row.bandwidth(row.max_mt_s, bits)
    if fastest.value > now.value:
        name = f"{row.kind}-{row.max_mt_s} x{memory.num_channels}"
        yield _with_bandwidth(profile, name, fastest.value / now.value)
    if memory.num_channels == 1:
        yield _with_bandwidth(profile, SECOND_MODULE, 2.0, num_modules=2)


def _with_bandwidth(
    profile: MachineProfile, name: str, factor: float, num_modules: int = 1
) -> Upgrade:
    """Return a machine whose memory is faster, and as many times as large as it has modules."""
    memory = profile.memory
    by_threads = tuple(
        replace(at, bandwidth=_scaled(at.bandwidth, factor)) for at in memory.bandwidth_by_threads
    )
    total, free = memory.total_bytes, memory.available_bytes
    added = (num_modules - 1) * (total or 0)
    faster = replace(
        memory,
        total_bytes=None if total is None else total + added,
        available_bytes=None if free is None else free + added,
        theoretical_bandwidth=memory.theoretical_bandwidth
        and _scaled(memory.theoretical_bandwidth, factor),
        bandwidth_by_threads=by_threads,
    )
    kernels = tuple(_faster_kernel(kernel, factor) for kernel in profile.kernels)
    return Upgrade(
        kind="main memory",
        name=name,
        items=((name, 1),),
        profile=replace(profile, memory=faster, kernels=kernels),
    )


def _faster_kernel(kernel: KernelSpeed, factor: float) -> KernelSpeed:
    if kernel.device != "cpu" or kernel.bandwidth is None:
        return kernel
    return replace(kernel, bandwidth=_scaled(kernel.bandwidth, factor))


def _scaled(figure: Measured, factor: float) -> Measured:
    low, value, high = (number * factor for number in (figure.low, figure.value, figure.high))
    source = f"{figure.source}, times {factor:.3g}"
    return replace(figure, low=low, value=value, high=high, source=source)


def _cards(profile: MachineProfile) -> Iterator[Upgrade]:
    if _shares_memory(profile):
        return  # such machines have no slot for a card
    for row in gpus():
        if row.shares_memory or not row.pcie or any(word in row.name for word in _NO_CARD):
            continue
        for count in CARD_COUNTS:
            yield _card(profile, row, count)


def _card(profile: MachineProfile, row: GpuRow, count: int) -> Upgrade:
    times = f"{count} x " if count > 1 else ""
    is_home = any(word in row.name for word in _HOME)
    return Upgrade(
        kind="graphics card" if is_home else "professional card",
        name=f"{times}{row.name}",
        items=((row.name, count),),
        profile=replace(profile, gpus=(*profile.gpus, *[gpu_part(row)] * count)),
        family=row.name,
    )


def _other_machines() -> Iterator[Upgrade]:
    chips = [row.name for row in gpus() if row.shares_memory]
    for name in (*chips, *OTHER_MACHINES):
        made = describe_machine(name)
        size = made.memory.total_bytes
        shown = f"{name}, {size // GIB} GB" if name in chips and size else name
        yield Upgrade(kind="another machine", name=shown, items=((name, 1),), profile=made)


def _shares_memory(profile: MachineProfile) -> bool:
    return any(gpu.shares_memory and gpu.memory_bandwidth for gpu in profile.gpus)
