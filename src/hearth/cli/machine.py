"""`hearth machine`: what this machine is and can do, measured; and what other machines could."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.machine.hierarchy import Level
    from hearth.machine.profile import MachineProfile, Measured

app = typer.Typer(help="Show what this machine can do, and measure it.", no_args_is_help=False)

MachineText = Annotated[
    str | None,
    typer.Argument(
        help="An imported machine, the file of a profile, or a description such as "
        '"RTX 4090 + 64 GB DDR5-6000 x2"; default: this machine.',
        metavar="MACHINE",
    ),
]
ProfileFile = Annotated[Path, typer.Argument(help="The file of a profile.", metavar="FILE")]
BAR_CHARS = 12
SLOWEST, FASTEST = 1e8, 1e13  # bytes per second at the ends of a bar
WIDE = 110  # columns of a terminal from which on a table has room for where figures come from


@app.callback(invoke_without_command=True)
def machine(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show what this machine can do; without a subcommand, draw it."""
    if context.invoked_subcommand is None:
        show_machine(as_json=as_json)


@app.command("show")
def show_machine(name: MachineText = None, *, as_json: AsJson = False) -> None:
    """Draw a machine from its disk to its caches: speed, latency and capacity of each level."""
    from hearth.machine.keep import find_machine

    config = door.settings()
    profile = find_machine(config, name)
    if as_json:
        console.write_json(profile)
        return
    _draw(profile)
    if name is None:
        _draw_engine(config)


@app.command("measure")
def measure_machine(*, as_json: AsJson = False) -> None:
    """Measure memory, caches, disk and loopback, and keep the figures. Takes under 20 seconds."""
    from hearth.machine.keep import measure_this_machine

    profile = measure_this_machine(door.settings(), lambda what: console.note(f"Measuring {what}"))
    if as_json:
        console.write_json(profile)
        return
    _draw(profile)


@app.command("export")
def export_machine(file: ProfileFile) -> None:
    """Write this machine's profile to a file, for `hearth machine import` elsewhere.

    It holds figures and names of parts; no user's name, address or serial number.
    """
    from hearth.machine.keep import this_machine, write_profile

    write_profile(this_machine(door.settings()), file)
    console.note(f"Written to {file}.")


@app.command("import")
def import_machine(
    file: ProfileFile,
    name: Annotated[
        str | None, typer.Option("--name", help="What to call it; default: the file's name.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take in another machine's profile, to be used by its name."""
    from hearth.machine.keep import import_profile

    chosen = import_profile(door.settings(), file, name)
    if as_json:
        console.write_json({"name": chosen})
    else:
        console.note(f"Imported. `hearth machine show {chosen}` draws it.")


@app.command("list")
def list_machines(*, as_json: AsJson = False) -> None:
    """List imported machines, and the memory, GPUs and links that descriptions may name."""
    from hearth.machine import catalogue
    from hearth.machine.keep import imported_names

    names = imported_names(door.settings())
    if as_json:
        console.write_json(
            {
                "machines": names,
                "gpus": catalogue.gpus(),
                "memory": catalogue.memory_kinds(),
                "links": catalogue.links(),
            }
        )
        return
    if names:
        console.out().print(f"[bold]Imported machines[/bold]\n{', '.join(names)}\n")
    _list_catalogue()
    console.note('Describe a machine by these: hearth machine show "RTX 4090 + DDR5-6000 x2".')


def _list_catalogue() -> None:
    from hearth.machine import catalogue

    out = console.out()
    shown = console.table("GPU or chip", ">memory", ">bandwidth", ">16 bits", "")
    for gpu in catalogue.gpus():
        flops = _rate(gpu.flops_f16())
        memory = f"{gpu.memory_gb:g} GB"
        note = "shares memory" if gpu.shares_memory else ""
        shown.add_row(console.literal(gpu.name), memory, _rate(gpu.bandwidth()), flops, note)
    out.print(shown)
    shown = console.table("memory", ">one channel", ">MT/s", ">bandwidth of one channel")
    for row in catalogue.memory_kinds():
        slow, fast = (
            row.bandwidth(rate, row.channel_bits) for rate in (row.min_mt_s, row.max_mt_s)
        )
        rates = f"{row.min_mt_s} to {row.max_mt_s}"
        shown.add_row(
            row.kind, f"{row.channel_bits} bits", rates, f"{_rate(slow)} to {_rate(fast)}"
        )
    out.print()
    out.print(shown)
    shown = console.table("link or disk", "", ">one direction", ">latency")
    for link in catalogue.links():
        lane = " a lane" if link.per_lane else ""
        shown.add_row(
            link.name, link.group, f"{_rate(link.bandwidth())}{lane}", _time(link.latency())
        )
    out.print()
    out.print(shown)


def _draw(profile: MachineProfile) -> None:
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
    _draw_missing(profile)
    if profile.seconds is not None:
        load = f" at a load of {profile.load:.1f}" if profile.load is not None else ""
        console.note(f"\nMeasured {profile.date[:10]} in {profile.seconds:.0f} s{load}. ")
    console.note(f"Each sign of a bar is a factor of {_step():.1f}; GB are 10^9 bytes.")


def _cells(level: Level, wide: bool) -> Iterator[str]:
    speed = level.speed
    name = level.name
    if level.compute:
        name += f", {_rate(level.compute)} in 16 bits"
    yield console.literal(name)
    if speed is None:
        yield from ("—", "", "")
    else:
        yield _rate(speed)
        yield _range(speed)
        yield _bar(speed.value)
    yield _time(level.latency)
    yield _capacity(level.capacity_bytes)
    if wide:
        yield console.literal(f"{speed.how}: {speed.source}" if speed else level.why_not or "")


def _heading(profile: MachineProfile) -> Iterator[str]:
    system, cpu = profile.system, profile.cpu
    if cpu.name:
        yield f"{cpu.name}: {cpu.num_physical} cores, computing with {cpu.num_threads} threads"
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
        yield f"Limits of the container: memory {_capacity(profile.memory.total_bytes)}{quota}"
    if not profile.gpus and profile.toolkits:
        yield "No GPU of NVIDIA, AMD, Intel or Apple is seen"


def _draw_missing(profile: MachineProfile) -> None:
    """Say once for each reason what is not known because of it."""
    reasons: dict[str, dict[str, None]] = {}
    for part, missing in _missing(profile):
        for figure, reason in missing.items():
            what = f"{part} {figure.replace('_', ' ')}"
            reasons.setdefault(reason, {})[what] = None
    if reasons:
        console.out().print()
    for reason, figures in reasons.items():
        console.out().print(console.literal(f"Not known: {', '.join(figures)}: {reason}."))


def _missing(profile: MachineProfile) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "system", profile.system.missing
    yield "CPU", profile.cpu.missing
    yield "memory", profile.memory.missing
    yield from (("disk", part.missing) for part in profile.storage)
    yield from (("GPU", part.missing) for part in profile.gpus)
    yield from (("link", part.missing) for part in profile.links)
    yield from ((f"{part.name}'s", part.missing) for part in profile.network if part.is_up)


def _draw_engine(config: Config) -> None:
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


def _bar(value: float) -> str:
    part = math.log(max(value, SLOWEST) / SLOWEST) / math.log(FASTEST / SLOWEST)
    filled = max(1, round(min(part, 1.0) * BAR_CHARS))
    sign = "█" if (sys.stdout.encoding or "").casefold().startswith("utf") else "#"
    return sign * filled


def _step() -> float:
    return float((FASTEST / SLOWEST) ** (1 / BAR_CHARS))


def _rate(figure: Measured | None) -> str:
    return f"{_scaled(figure.value)}{figure.unit}" if figure else "—"


def _range(figure: Measured) -> str:
    if figure.low == figure.high:
        return ""
    return f"{_scaled(figure.low)}{figure.unit} to {_scaled(figure.high)}{figure.unit}"


def _scaled(value: float) -> str:
    """Return a number with three digits and the prefix that reads best."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor * 0.9995:
            return f"{value / factor:.3g} {prefix}"
    return f"{value:.3g} "


def _time(figure: Measured | None) -> str:
    if figure is None:
        return "—"
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if figure.value >= factor:
            return f"{figure.value / factor:.3g} {unit}"
    return f"{figure.value * 1e9:.3g} ns"


def _capacity(size_bytes: int | None) -> str:
    return console.size(size_bytes) if size_bytes else "—"
