"""The rows of the catalogue. What the source does not tell is None and never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hearth.machine.profile import Measured

GIB = 2**30
LinkGroup = Literal["storage", "network", "interconnect"]
GpuKind = Literal["cuda", "rocm", "oneapi", "metal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryKind:
    """A kind of memory.

    Args:
        channel_bits: Data bits of one channel; of one stack for HBM.
        min_mt_s: Lowest rate of the standard in millions of transfers per second; `max_mt_s` the
            highest.
    """

    kind: str
    channel_bits: int
    min_mt_s: int
    max_mt_s: int
    standard: str
    source: str

    def bandwidth(self, mt_s: float, width_bits: int) -> Measured:
        """Return the bandwidth at a rate and a width of all channels together."""
        source = f"{width_bits} bits at {mt_s:g} MT/s ({self.standard}, {self.source})"
        return Measured.looked_up(mt_s * 1e6 * width_bits / 8, "B/s", source)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuRow:
    """A GPU, or a chip whose processor and GPU share one memory.

    Args:
        also: Other whole names, such as the one that its driver gives.
        memory_gb: In units of 2^30 bytes, as memory is sold; the most there is of this kind.
        bandwidth_gb_s: In units of 10^9 bytes.
        fp16_tflops: Highest rate for dense matrices in 16 bits.
        pcie: Generation and lanes, as in "4.0 x16".
    """

    name: str
    kind: GpuKind
    memory_gb: float
    bandwidth_gb_s: float
    source: str
    also: tuple[str, ...] = ()
    bus_bits: int | None = None
    gbit_per_pin: float | None = None
    fp16_tflops: float | None = None
    power_w: float | None = None
    pcie: str | None = None
    shares_memory: bool = False

    @property
    def memory_bytes(self) -> int:
        """Memory in bytes."""
        return round(self.memory_gb * GIB)

    def bandwidth(self) -> Measured:
        """Return the bandwidth of its memory."""
        return Measured.looked_up(self.bandwidth_gb_s * 1e9, "B/s", self.source)

    def flops_f16(self) -> Measured | None:
        """Return operations per second on dense matrices in 16 bits, where the source tells."""
        if self.fp16_tflops is None:
            return None
        return Measured.looked_up(self.fp16_tflops * 1e12, "FLOP/s", self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A kind of link, or of disk by the link it hangs on.

    Args:
        mbit_s: Line rate in one direction, of one lane where `per_lane` is set.
        coding: Data bits and line bits of the link's own coding.
        latency_us: In millionths of a second.
        capacity_tb: In units of 10^12 bytes.
    """

    name: str
    group: LinkGroup
    mbit_s: float
    source: str
    also: tuple[str, ...] = ()
    per_lane: bool = False
    coding: tuple[int, int] = (1, 1)
    latency_us: float | None = None
    capacity_tb: float | None = None

    def bandwidth(self, lanes: int = 1) -> Measured:
        """Return bytes per second in one direction, after the link's own coding."""
        data, line = self.coding
        value = self.mbit_s * 1e6 / 8 * data / line * (lanes if self.per_lane else 1)
        coded = f", {data}/{line} bits are data" if data != line else ""
        wide = f"{lanes} lanes of " if self.per_lane else ""
        source = f"{wide}{self.mbit_s / 1000:g} Gbit/s{coded} ({self.source})"
        return Measured.looked_up(value, "B/s", source)

    def latency(self) -> Measured | None:
        """Return the latency, where the source tells."""
        if self.latency_us is None:
            return None
        return Measured.looked_up(self.latency_us / 1e6, "s", self.source)
