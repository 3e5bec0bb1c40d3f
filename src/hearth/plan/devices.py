"""The devices that a model is computed on, with two figures for each limit.

One figure is what the hardware can do at most, from which bounds follow; the other is the range
that an engine reaches, from which estimates follow. They are kept apart from here on.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Literal

from hearth.machine.profile import Measured
from hearth.plan.arithmetic import Range
from hearth.plan.units import scaled

if TYPE_CHECKING:
    from hearth.plan.kernels import KernelTable

Kind = Literal["cpu", "gpu"]

# A unit for fewer bits does as many times the operations of 16 bits (8 bits since Turing, 4 bits
# since Blackwell). Weights may be computed in as few bits as they are stored in, so a bound allows.
FEWER_BITS_GAIN = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A processor and the memory it computes from.

    Args:
        bandwidth: Bytes per second that the memory can deliver at most.
        read: Bytes per second at which an engine reads weights.
        attention: Bytes per second at which an engine reads keys and values.
        flops_f16: Dense matrix operations per second in 16 bits at most; None where unknown.
        compute: Operations per second that an engine reaches on prompts; None where unknown.
        layer_s: Time that each layer takes on top of reading and computing.
        memory_bytes: Memory for a model; None where unknown.
        is_promised: The bandwidth is what the hardware promises; False where it was only measured,
            so that more of it may be there than the measurement reached.
        shares_memory: A GPU whose memory is the computer's main memory.
        source: Where bandwidth and operations come from.
        kernels: How fast the engine's own kernels were measured there; None where they were not.
    """

    name: str
    kind: Kind
    bandwidth: float
    read: Range
    attention: Range
    layer_s: Range
    flops_f16: float | None = None
    compute: Range | None = None
    memory_bytes: float | None = None
    is_promised: bool = True
    shares_memory: bool = False
    source: str = "as stated"
    kernels: KernelTable | None = None

    @property
    def flops(self) -> float | None:
        """Operations per second at most, in the fewest bits that any device computes with."""
        return self.flops_f16 * FEWER_BITS_GAIN if self.flops_f16 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """Devices that work together: the GPUs, then the processor with main memory.

    Args:
        link: Bytes per second between a GPU and main memory; None where unknown.
        disk: Bytes per second from storage, past all caches; None where unknown.
        page_cache: Bytes per second from the system's cache of files; None where unknown.
    """

    name: str
    devices: tuple[Device, ...]
    link: float | None = None
    disk: Range | None = None
    page_cache: Range | None = None

    @property
    def memory_bytes(self) -> float | None:
        """Memory of all devices together; None where one is unknown."""
        sizes = [device.memory_bytes for device in self.devices]
        known = [size for size in sizes if size is not None]
        return sum(known) if known and len(known) == len(sizes) else None


def make_device(
    name: str,
    kind: Kind,
    bandwidth: float,
    *,
    flops_f16: float | None = None,
    memory_bytes: float | None = None,
    shares_memory: bool = False,
    source: str = "as stated",
) -> Device:
    """Return a device of which only paper figures are known."""
    share = efficiencies()[kind]
    return Device(
        name=name,
        kind=kind,
        bandwidth=bandwidth,
        read=share.read.times(bandwidth),
        attention=share.attention.times(bandwidth),
        layer_s=share.layer_s,
        flops_f16=flops_f16,
        compute=share.compute.times(flops_f16) if flops_f16 else None,
        memory_bytes=memory_bytes,
        shares_memory=shares_memory,
        source=source,
    )


def device_of_figures(
    name: str,
    kind: Kind,
    bandwidth: Measured,
    theoretical: Measured | None,
    flops: Measured | None,
    memory_bytes: int | None,
) -> Device:
    """Return a device from figures that were measured or looked up.

    Args:
        name: What to call it.
        kind: Which efficiencies to take.
        bandwidth: The figure to reckon with; `theoretical` bounds it, where it is known.
        theoretical: What the memory promises.
        flops: Dense matrix operations per second in 16 bits.
        memory_bytes: Memory for a model.
    """
    key = f"{kind}_measured" if bandwidth.how == "measured" else kind
    share = efficiencies()[key]
    most = max(bandwidth.high, theoretical.high if theoretical else 0.0)
    return Device(
        name=name,
        kind=kind,
        bandwidth=most,
        read=share.read.times(bandwidth.value),
        attention=share.attention.times(bandwidth.value),
        layer_s=share.layer_s,
        flops_f16=flops.high if flops else None,
        compute=share.compute.times(flops.value) if flops else None,
        memory_bytes=memory_bytes,
        is_promised=theoretical is not None or bandwidth.how != "measured",
        source=f"{scaled(bandwidth.value, 'B/s')} {bandwidth.how}: {bandwidth.source}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """What part of paper figures an engine reaches; a row of efficiency.toml."""

    read: Range
    attention: Range
    compute: Range
    layer_s: Range
    source: str


@functools.cache
def efficiencies() -> Mapping[str, Efficiency]:
    """Return what engines reach, by kind of device and of figure."""
    text = resources.files("hearth.plan").joinpath("efficiency.toml").read_text("utf-8")
    return {
        name: Efficiency(
            read=_triple(row["read"]),
            attention=_triple(row["attention"]),
            compute=_triple(row["compute"]),
            layer_s=_triple(row["layer_us"]).times(1e-6),
            source=row["source"],
        )
        for name, row in tomllib.loads(text).items()
    }


def _triple(row: list[float]) -> Range:
    return Range(low=row[0], likely=row[1], high=row[2])
