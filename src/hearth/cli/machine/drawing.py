"""A machine as a table with bars, what is not known of it, and whether the engine fits it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hearth.cli import console
from hearth.cli.machine.figures import bar, bar_step, capacity, range_words, rate, time_words
from hearth.cli.machine.kernels import draw_kernels

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.machine.hierarchy import Level
    from hearth.machine.profile import MachineProfile

WIDE = 110  # columns of a terminal from which on a table has room for where figures come from


def draw(profile: MachineProfile) -> None:
    """Draw the levels of a machine, then what is not known and why."""
    from hearth.machine.hierarchy import hierarchy

    out = console.out()
    for line in _heading(profile):
        out.print(console.literal(line))
    wide = out.width >= WIDE
    source = ("how",) if wide else ()
    shown = console.table("", "part", ">speed", ">range", "", ">latency", ">capacity", *source)
    last = None
    for level in hierarchy(profile):
        group = level.group if level.group != last else ""
        last = level.group
        shown.add_row(group, *_cells(level, wide))
    out.print()
    out.print(shown)
    draw_kernels(profile)
    _draw_missing(profile)
    if profile.seconds is not None:
        load = f" at a load of {profile.load:.1f}" if profile.load is not None else ""
        console.note(f"\nMeasured {profile.date[:10]} in {profile.seconds:.0f} s{load}. ")
    console.note(f"Each sign of a bar is a factor of {bar_step():.1f}; GB are 10^9 bytes.")


def _cells(level: Level, wide: bool) -> Iterator[str]:
    speed = level.speed
    name = level.name
    if level.compute:
        name += f", {rate(level.compute)} in 16 bits"
    yield console.literal(name)
    if speed is None:
        yield from ("—", "", "")
    else:
        yield rate(speed)
        yield range_words(speed)
        yield bar(speed.value)
    yield time_words(level.latency)
    yield capacity(level.capacity_bytes)
    if wide:
        yield console.literal(f"{speed.how}: {speed.source}" if speed else level.why_not or "")


def _heading(profile: MachineProfile) -> Iterator[str]:
    system, cpu = profile.system, profile.cpu
    if cpu.name:
        threads = f"{cpu.num_threads} thread{'' if cpu.num_threads == 1 else 's'}"
        yield f"{cpu.name}: {cpu.num_physical} cores, computing with {threads}"
    else:
        yield profile.name
    known = [system.name, system.kernel, system.board]
    if system.virtual:
        known.append("virtual machine" if system.virtual == "yes" else f"in {system.virtual}")
    if system.container:
        known.append(f"container ({system.container})")
    words = ", ".join(text for text in known if text)
    if words:
        yield words
    if profile.memory.limited_by == "container" or cpu.quota:
        quota = f"; processor time: {cpu.quota:g}" if cpu.quota else ""
        yield f"Limits of the container: memory {capacity(profile.memory.total_bytes)}{quota}"
    if profile.power.idle:
        covers = " and ".join(profile.power.covers)
        yield f"Power at rest: {rate(profile.power.idle)} ({covers})"
    if not profile.gpus and profile.toolkits:
        yield "No GPU is seen: not on the PCI bus, by a driver, nor by Vulkan"


def _draw_missing(profile: MachineProfile) -> None:
    """Say once for each reason what is not known because of it."""
    from hearth.machine.missing import unknown_figures

    unknown = unknown_figures(profile)
    if unknown:
        console.out().print()
    for reason, figures in unknown.items():
        console.out().print(console.literal(f"Not known: {', '.join(figures)}: {reason}."))


def draw_engine(config: Config) -> None:
    """Say whether the engine was built for what is here, and how to rebuild it where it was not."""
    from hearth.doctor.devices import examine_devices
    from hearth.doctor.engine import examine_engine, read_build
    from hearth.machine.probe import read_machine

    build, here = read_build(), read_machine(config)
    console.out().print()
    for finding in (examine_engine(build, here), *examine_devices(build, here)):
        console.out().print(console.literal(f"{finding.subject}: {finding.detail}"))
        if finding.cure:
            console.out().print(f"[bold]→ {console.literal(finding.cure)}[/bold]")
