"""A machine from a description, such as "RTX 4090 + 64 GB DDR5-6000 x2 + PCIe 4.0 x16".

Parts are joined by `+`. Each is memory with its channels or width, a GPU or chip of the catalogue,
a link or disk of the catalogue, or an amount of memory. Nothing is guessed: a name that the
catalogue does not have, or memory without its channels, is refused with what would be taken.
"""

from __future__ import annotations

import datetime
import difflib
import re
from dataclasses import dataclass, field, replace

from hearth.errors import InvalidRequest, NotFound
from hearth.machine.catalogue import GpuRow, LinkRow, find_gpu, find_link, find_memory, gpus, links
from hearth.machine.catalogue.records import GIB
from hearth.machine.profile import GpuPart, LinkPart, MachineProfile, MemoryPart, StoragePart

EXAMPLE = "RTX 4090 + 64 GB DDR5-6000 x2"
MAX_CHARS = 500
MAX_COUNT = 16
MAX_CHANNELS = 64
MAX_BITS = 8192
OVERCLOCKED = 1.5  # times the standard's highest rate; a rate above is taken for a slip

_WORDS = {"single": 1, "dual": 2, "triple": 3, "quad": 4, "octa": 8}
_JOIN = re.compile(r"(?<!max)\+", re.IGNORECASE)  # "Ryzen AI Max+ 395" is one name
_AMOUNT = re.compile(r"(?<![\w.])(\d{1,6})\s*(G|T)i?B(?![\w/])", re.IGNORECASE)
_MEMORY = re.compile(r"(?<!\w)((?:LP)?DDR\d+X?|HBM\d+)(?:[- ](\d{3,5}))?(?!\w)", re.IGNORECASE)
_TIMES = re.compile(r"(?<!\w)[x×*]\s*(\d{1,3})(?!\w)", re.IGNORECASE)  # noqa: RUF001
_CHANNELS = re.compile(r"(?<!\w)(\d{1,3}|single|dual|triple|quad|octa)[- ]channels?(?!\w)", re.I)
_WIDTH = re.compile(r"(?<!\w)(\d{2,5})[- ]?bits?(?!\w)", re.IGNORECASE)
_COUNTED = re.compile(r"(?:(\d{1,3})\s*[x×*]\s+)?(.+?)(?:\s+[x×*]\s*(\d{1,3}))?", re.I)  # noqa: RUF001


@dataclass(slots=True)
class _Parts:
    """What has been read so far."""

    memory: MemoryPart = field(default_factory=MemoryPart)
    gpus: list[GpuPart] = field(default_factory=list)
    storage: list[StoragePart] = field(default_factory=list)
    links: list[LinkPart] = field(default_factory=list)


def describe_machine(text: str) -> MachineProfile:
    """Return the profile of a described machine; all of its figures are looked up.

    Args:
        text: Parts joined by `+`.

    Raises:
        InvalidRequest: A part cannot be read, or leaves something open that it must say.
    """
    if len(text) > MAX_CHARS:
        raise InvalidRequest(
            f"A description of {len(text)} characters is too long; up to {MAX_CHARS} are read.",
            hint=f'For example "{EXAMPLE}".',
        )
    parts = _Parts()
    for part in _JOIN.split(text):
        _read_part(part.strip(), parts)
    name = " ".join(text.split())
    return MachineProfile(
        name=name,
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        fingerprint=f"described: {name}",
        memory=parts.memory,
        gpus=tuple(_sharing(gpu, parts.memory) for gpu in parts.gpus),
        storage=tuple(parts.storage),
        links=tuple(parts.links),
    )


def _sharing(gpu: GpuPart, memory: MemoryPart) -> GpuPart:
    return replace(gpu, memory_bytes=memory.total_bytes) if gpu.shares_memory else gpu


def _read_part(part: str, parts: _Parts) -> None:
    link = find_link(part)
    if link is not None and not link.per_lane:
        _add_link(link, parts)
        return
    counted = _COUNTED.fullmatch(part)
    if counted:
        count = int(counted[1] or counted[3] or 1)
        row = find_gpu(counted[2])
        if row is not None:
            _add_gpu(row, count, parts)
            return
        link = find_link(counted[2])
        if link is not None:
            _add_lanes(link, part, count, parts)
            return
    if not _add_memory(part, parts):
        raise _unknown(part)


def _add_gpu(row: GpuRow, count: int, parts: _Parts) -> None:
    if not 1 <= count <= MAX_COUNT:
        raise _refused(f"{count} × {row.name}", f"1 to {MAX_COUNT} are allowed", EXAMPLE)  # noqa: RUF001
    parts.gpus += [gpu_part(row)] * count
    if row.shares_memory:
        parts.memory = MemoryPart(
            kind=row.name,
            total_bytes=parts.memory.total_bytes or row.memory_bytes,
            theoretical_bandwidth=row.bandwidth(),
        )


def gpu_part(row: GpuRow) -> GpuPart:
    """Return a GPU of the catalogue as a part of a machine."""
    link = pcie_link(row.pcie) if row.pcie else None
    return GpuPart(
        name=row.name,
        kind=row.kind,
        memory_bytes=row.memory_bytes,
        shares_memory=row.shares_memory,
        memory_bandwidth=row.bandwidth(),
        flops_f16=row.flops_f16(),
        link=link,
        missing={} if row.fp16_tflops else {"flops_f16": "the source does not state it"},
    )


def pcie_link(text: str) -> LinkPart | None:
    """Return a PCI Express link from its generation and lanes, as in `4.0 x16`."""
    generation, _, lanes = text.partition(" x")
    row = find_link(f"PCIe {generation}")
    return _link_part(row, int(lanes)) if row else None


def _link_part(row: LinkRow, lanes: int = 1) -> LinkPart:
    kind = f"{row.name} x{lanes}" if row.per_lane else row.name
    return LinkPart(
        kind=kind,
        between="CPU and GPU" if row.per_lane else "this machine and others",
        bandwidth=row.bandwidth(lanes),
        latency=row.latency(),
    )


def _add_lanes(row: LinkRow, part: str, lanes: int, parts: _Parts) -> None:
    if lanes not in (1, 2, 4, 8, 16):
        raise _refused(part, "a link has 1, 2, 4, 8 or 16 lanes", "PCIe 4.0 x16")
    link = _link_part(row, lanes)
    parts.links.append(link)
    parts.gpus = [gpu if gpu.shares_memory else replace(gpu, link=link) for gpu in parts.gpus]


def _add_link(row: LinkRow, parts: _Parts) -> None:
    if row.group == "storage":
        disk = StoragePart(kind=row.name, cold_read=row.bandwidth(), latency=row.latency())
        parts.storage.append(disk)
    else:
        parts.links.append(_link_part(row))


def _add_memory(part: str, parts: _Parts) -> bool:
    """Read an amount, a kind of memory, or both; return whether that is all there is in it."""
    amount, kind = _AMOUNT.search(part), _MEMORY.search(part)
    if not amount and not kind:
        return False
    rest = _MEMORY.sub("", _AMOUNT.sub("", part, count=1), count=1)
    for pattern in (_TIMES, _CHANNELS, _WIDTH) if kind else ():
        rest = pattern.sub("", rest, count=1)
    if rest.strip(" -"):
        return False
    if kind and parts.memory.theoretical_bandwidth:
        raise _refused(part, "the machine has a main memory already", EXAMPLE)
    total = parts.memory.total_bytes
    if amount:
        total = int(amount[1]) * GIB * (1024 if amount[2].upper() == "T" else 1)
        if not total:
            raise _refused(part, "an amount of memory is more than nothing", EXAMPLE)
    parts.memory = replace(parts.memory, total_bytes=total)
    if kind:
        parts.memory = _memory(part, kind, parts.memory)
    return True


def _memory(part: str, found: re.Match[str], memory: MemoryPart) -> MemoryPart:
    try:
        row = find_memory(found[1])
    except NotFound as error:
        raise InvalidRequest(error.message, hint=error.hint) from error
    if not found[2]:
        raise _refused(part, "the rate has to be said", f"{row.kind}-{row.max_mt_s} x2")
    rate, most = int(found[2]), row.max_mt_s * OVERCLOCKED
    if not row.min_mt_s <= rate <= most:
        allowed = f"{row.kind} runs at {row.min_mt_s} to {row.max_mt_s} MT/s by its standard"
        raise _refused(part, f"{allowed}, overclocked to {most:.0f}", f"{row.kind}-{row.max_mt_s}")
    channels = _num_channels(part)
    width = _WIDTH.search(part)
    bits = int(width[1]) if width else (channels or 0) * row.channel_bits
    if not bits:
        usual = "x2" if row.channel_bits == 64 else "128-bit"
        allowed = "say how many channels it has, or how many bits wide it is"
        raise _refused(part, allowed, f"{found[0]} {usual}")
    if (channels or 1) > MAX_CHANNELS or bits > MAX_BITS or bits % row.channel_bits:
        allowed = f"up to {MAX_CHANNELS} channels of {row.channel_bits} bits are"
        raise _refused(part, f"{allowed}, {MAX_BITS} bits together", f"{found[0]} x2")
    return replace(
        memory,
        kind=row.kind,
        num_channels=bits // row.channel_bits,
        theoretical_bandwidth=row.bandwidth(rate, bits),
    )


def _num_channels(part: str) -> int | None:
    times, named = _TIMES.search(part), _CHANNELS.search(part)
    if times:
        return int(times[1])
    if named:
        return _WORDS.get(named[1].casefold()) or int(named[1])
    return None


def _refused(part: str, allowed: str, example: str) -> InvalidRequest:
    return InvalidRequest(f"{part!r} cannot be taken: {allowed}.", hint=f'For example "{example}".')


def _unknown(part: str) -> InvalidRequest:
    rows: list[GpuRow | LinkRow] = [*gpus(), *links()]
    names = [name for row in rows for name in (row.name, *row.also)]
    begun = [name for name in names if part and name.casefold().startswith(part.casefold())]
    close = begun[:3] or difflib.get_close_matches(part, names, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    return InvalidRequest(
        f"{part!r} is neither memory nor in the catalogue; names have to be whole.",
        hint=f'{hint}`hearth machine list` shows the names; for example "{EXAMPLE}".',
    )
