"""What a machine can do, by part: the value that plans, claims and pages are computed from.

A figure is a `Measured` (measured, looked up or entered, with its range and its source) or None;
`missing` of the part then says why. All figures are in base units (bytes, seconds, operations), so
that nobody has to know which of a dozen customs a number follows. A profile is plain data: it can
be written as JSON, carried to another machine and read there. How it comes about, this module must
not know.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from hearth.machine.measured import How as How
from hearth.machine.measured import Measured as Measured
from hearth.machine.measured import Unit as Unit

Layout = Literal["plain", "repacked"]
OperationName = Literal["attention", "full attention", "elements", "node", "roll", "scan"]
OPERATIONS: tuple[OperationName, ...] = get_args(OperationName)

PROFILE_FORMAT = 1
NOT_MEASURED = "not measured yet; `hearth machine measure` does it"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPart:
    """The operating system and the board under it."""

    name: str | None = None
    kernel: str | None = None
    architecture: str | None = None
    virtual: str | None = None
    container: str | None = None
    board: str | None = None
    firmware: str | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """One level of the processor's caches.

    Args:
        size_bytes: Of one of them.
        num_instances: How many of them the usable processors have.
    """

    level: int
    kind: str
    size_bytes: int
    num_instances: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuPart:
    """The processor.

    Args:
        num_threads: Threads that computing should use.
        quota: Processors' worth of time that the container allows, or None.
        max_hz: Highest clock rate in hertz.
    """

    name: str | None = None
    flags: tuple[str, ...] = ()
    num_logical: int | None = None
    num_physical: int | None = None
    num_threads: int | None = None
    num_nodes: int | None = None
    quota: float | None = None
    max_hz: float | None = None
    caches: tuple[Cache, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryModule:
    """One module (DIMM) of memory, or one soldered device.

    Args:
        transfers_per_s: Rate that is set now, e.g. 5.6e9 for DDR5-5600.
        width_bits: Width of its data path, without the bits for error correction.
        channel: Name of the channel it hangs on, as the board names it.
    """

    kind: str | None = None
    size_bytes: int | None = None
    transfers_per_s: float | None = None
    width_bits: int | None = None
    slot: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthAt:
    """Read bandwidth at one number of threads and one working set.

    Args:
        size_bytes: What all threads read together, again and again.
    """

    num_threads: int
    size_bytes: int
    bandwidth: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyAt:
    """Time of one dependent read within a working set of some size."""

    size_bytes: int
    latency: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPart:
    """Main memory.

    Args:
        total_bytes: Of the machine, or of the container when that has less; `limited_by` says.
        num_channels: Channels that have a module.
        theoretical_bandwidth: Transfers per second times the width of all channels.
        bandwidth_by_threads: From one thread up, the working set far larger than all caches.
        bandwidth_by_size: From the first cache to memory, on the number of threads that computing
            uses.
        latency_by_size: On one thread; the last is memory itself.
    """

    kind: str | None = None
    total_bytes: int | None = None
    available_bytes: int | None = None
    limited_by: str | None = None
    num_channels: int | None = None
    modules: tuple[MemoryModule, ...] = ()
    theoretical_bandwidth: Measured | None = None
    bandwidth_by_threads: tuple[BandwidthAt, ...] = ()
    bandwidth_by_size: tuple[BandwidthAt, ...] = ()
    latency_by_size: tuple[LatencyAt, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def bandwidth(self) -> Measured | None:
        """The read bandwidth to reckon with: the best measured one, else the theoretical one."""
        if not self.bandwidth_by_threads:
            return self.theoretical_bandwidth
        return max((at.bandwidth for at in self.bandwidth_by_threads), key=lambda one: one.value)

    @property
    def latency(self) -> Measured | None:
        """Time of one dependent read from memory itself."""
        return self.latency_by_size[-1].latency if self.latency_by_size else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePart:
    """A disk: the one that Hearth's home is on, or a described one.

    Args:
        kind: "NVMe SSD", "SATA SSD", "hard disk", "virtual disk" and so on.
        cold_read: Sequential, past all caches of the system.
        warm_read: Sequential, from the system's page cache.
        latency: Of one read of 4096 bytes at a random place, past all caches.
    """

    kind: str | None = None
    name: str | None = None
    path: str | None = None
    file_system: str | None = None
    total_bytes: int | None = None
    free_bytes: int | None = None
    cold_read: Measured | None = None
    warm_read: Measured | None = None
    latency: Measured | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPart:
    """A way that data takes between two parts, such as PCI Express or Ethernet.

    Args:
        bandwidth: In one direction, after the link's own coding.
        max_bandwidth: Of the same link at its best, where it can run slower to save energy.
    """

    kind: str
    between: str
    bandwidth: Measured | None = None
    max_bandwidth: Measured | None = None
    latency: Measured | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuPart:
    """A GPU, or the GPU half of a chip that shares its memory with the processor.

    Args:
        kind: By what programs reach it: "cuda", "rocm", "oneapi", "vulkan" or "metal".
        shares_memory: The GPU reads main memory itself; it has none of its own.
        flops_f16: Dense matrix operations per second in 16 bits.
        link: Its way to the processor; None where it shares the chip.
        theoretical_bandwidth: Of its memory by its figures, where `memory_bandwidth` is measured.
        host_to_device: Measured over the link; `device_to_host` the other way.
    """

    name: str
    kind: str | None = None
    address: str | None = None
    driver: str | None = None
    memory_bytes: int | None = None
    available_bytes: int | None = None
    shares_memory: bool = False
    memory_bandwidth: Measured | None = None
    theoretical_bandwidth: Measured | None = None
    flops_f16: Measured | None = None
    power_limit: Measured | None = None
    link: LinkPart | None = None
    host_to_device: Measured | None = None
    device_to_host: Measured | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolkitPart:
    """What a kind of accelerator needs to be computed on, present (a path) or absent (None)."""

    kind: str
    title: str
    device: str | None = None
    runtime: str | None = None
    toolkit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPart:
    """A network interface.

    Args:
        kind: "Ethernet", "Wi-Fi", "loopback", "virtual" and so on.
        link: Speed that the interface negotiated; measured for loopback alone.
        latency: There and back.
    """

    name: str
    kind: str
    is_up: bool = True
    link: Measured | None = None
    latency: Measured | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPart:
    """Electric power, as far as the machine tells it.

    Args:
        idle: Drawn while nothing was computed.
        covers: Parts that tell: "processor", "memory", "GPU", or "machine" for the whole of it.
    """

    idle: Measured | None = None
    covers: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSpeed:
    """Matrix throughput of the engine's own kernels; filled by what may run the engine.

    Args:
        weight_type: As GGUF names it, e.g. "Q4_K".
        batch_size: Tokens that go through the matrix at once.
        device: "cpu", or the name of a GPU.
        flops: Operations per second; a multiply-add counts as two.
        bandwidth: Bytes of weights per second, which is what binds at a batch size of 1.
        layout: "repacked" where the engine rearranges such weights for this processor.
        working_set_bytes: Weights that were read in turn: within the caches, or far more.
        columns: Numbers that go into the matrix for each token, `rows` those that come out.
        is_expert: Whether the matrix is one of several that tokens choose from.
    """

    weight_type: str
    batch_size: int
    device: str
    num_threads: int | None = None
    flops: Measured | None = None
    bandwidth: Measured | None = None
    layout: Layout = "plain"
    working_set_bytes: int | None = None
    columns: int | None = None
    rows: int | None = None
    is_expert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpeed:
    """Speed of the engine's operations that multiply by no weights.

    Args:
        name: "attention" (operations per second), "full attention" (the same, with a matrix of
            all queries and keys in place of flash attention), "elements" (bytes per second of
            reading and writing the numbers between layers), "node" (seconds that each operation
            takes however small it is), "roll" (bytes per second of channels that each mix a few
            tokens), "scan" (bytes per second of a recurrent state, each token passing all).
        batch_size: Tokens that are computed at once.
        kv_type: Of the keys and values, for attention.
        head_size: Of the keys, for attention; channels that share a decay, for a scan.
        heads_per_kv: Query heads that share the same keys and values, for attention.
        kv_heads: Heads of keys and values, for attention.
        cells: Tokens that were looked back at, for attention.
    """

    name: OperationName
    batch_size: int
    speed: Measured
    kv_type: str | None = None
    head_size: int | None = None
    heads_per_kv: int | None = None
    kv_heads: int | None = None
    cells: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpeeds:
    """When and with what `kernels` were measured, and what belongs to them.

    Args:
        build: Changes with the engine's program and its options: figures of another are not used.
        date: As `2026-11-22T01:20:00+00:00`.
        load: Processes that wanted to run at that moment, on average over a minute.
    """

    build: str
    date: str
    num_threads: int
    seconds: float
    load: float | None = None
    operations: tuple[OperationSpeed, ...] = ()

    def __post_init__(self) -> None:
        datetime.datetime.fromisoformat(self.date)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineProfile:
    """A machine.

    Args:
        name: What people call it.
        date: When it was measured or described, as `2026-11-22T01:20:00+00:00`.
        fingerprint: Changes when the machine does: processor, memory, GPUs, kernel, limits.
        seconds: How long measuring took; None where nothing was measured.
        load: Processes that wanted to run when measuring began (the system's average over one
            minute): figures of a busy machine are low, and their ranges wide.
        kernels: Empty until something that may run the engine has measured them; `engine` then
            says when, and how fast its other operations are, and `missing` why there are none.
    """

    name: str
    date: str
    fingerprint: str
    format: int = PROFILE_FORMAT
    seconds: float | None = None
    load: float | None = None
    system: SystemPart = field(default_factory=SystemPart)
    cpu: CpuPart = field(default_factory=CpuPart)
    memory: MemoryPart = field(default_factory=MemoryPart)
    storage: tuple[StoragePart, ...] = ()
    gpus: tuple[GpuPart, ...] = ()
    toolkits: tuple[ToolkitPart, ...] = ()
    network: tuple[NetworkPart, ...] = ()
    links: tuple[LinkPart, ...] = ()
    power: PowerPart = field(default_factory=PowerPart)
    kernels: tuple[KernelSpeed, ...] = ()
    engine: EngineSpeeds | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        datetime.datetime.fromisoformat(self.date)
