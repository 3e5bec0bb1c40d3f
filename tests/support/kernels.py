"""Made-up kernels: round figures that sums can be checked against by hand."""

from __future__ import annotations

from dataclasses import replace

from hearth.machine.profile import (
    CpuPart,
    EngineSpeeds,
    KernelSpeed,
    Layout,
    MachineProfile,
    Measured,
    OperationName,
    OperationSpeed,
    Unit,
)

GIGA = 1e9


def exactly(value: float, unit: Unit) -> Measured:
    """Return a figure without spread."""
    return Measured(value=value, low=value, high=value, unit=unit, how="measured", source="made up")


def kernel(
    weight_type: str,
    batch_size: int,
    gb_per_s: float,
    *,
    layout: Layout = "plain",
    working_set_bytes: int = 2**26,
    rows: int = 0,
    columns: int = 1024,
    is_expert: bool = False,
) -> KernelSpeed:
    """Return the speed of multiplying by weights of a type; columns count where rows are given."""
    return KernelSpeed(
        weight_type=weight_type,
        batch_size=batch_size,
        device="cpu",
        flops=exactly(batch_size * gb_per_s * GIGA, "FLOP/s"),
        bandwidth=exactly(gb_per_s * GIGA, "B/s"),
        layout=layout,
        working_set_bytes=working_set_bytes,
        columns=columns if rows else None,
        rows=rows or None,
        is_expert=is_expert,
    )


def look_back(kv_type: str, gflops: float, *, tokens: int = 1, cells: int = 1024) -> OperationSpeed:
    """Return the speed of attention with heads of 64 that share keys in fours."""
    return operation(
        "attention",
        exactly(gflops * GIGA, "FLOP/s"),
        batch_size=tokens,
        kv_type=kv_type,
        head_size=64,
        heads_per_kv=4,
        cells=cells,
    )


def full_look(gflops: float, *, rows: int = 1, cells: int = 1024) -> OperationSpeed:
    """Return the same with its full matrix."""
    found = look_back("f16", gflops, tokens=rows, cells=cells)
    return replace(found, name="full attention")


def operation(
    name: OperationName,
    speed: Measured,
    *,
    batch_size: int = 1,
    kv_type: str | None = None,
    head_size: int | None = None,
    heads_per_kv: int | None = None,
    cells: int | None = None,
) -> OperationSpeed:
    """Return the speed of an operation that multiplies by no weights."""
    return OperationSpeed(
        name=name,
        batch_size=batch_size,
        speed=speed,
        kv_type=kv_type,
        head_size=head_size,
        heads_per_kv=heads_per_kv,
        cells=cells,
    )


def timed_machine(*kernels: KernelSpeed, looks: tuple[OperationSpeed, ...] = ()) -> MachineProfile:
    """Return a machine with these kernels: 10 GB/s between them, a microsecond for each."""
    others = (
        operation("elements", exactly(10 * GIGA, "B/s"), batch_size=512),
        operation("node", exactly(1e-6, "s")),
        operation("roll", exactly(5 * GIGA, "B/s")),
        operation("scan", exactly(1 * GIGA, "B/s"), head_size=1),
        operation("scan", exactly(20 * GIGA, "B/s"), head_size=64),
    )
    date = "2026-11-22T04:00:00+00:00"
    engine = EngineSpeeds(
        build="made up", date=date, num_threads=2, seconds=1.0, operations=(*others, *looks)
    )
    return MachineProfile(
        name="made up",
        date=date,
        fingerprint="none",
        cpu=CpuPart(flags=("avx2",)),
        kernels=kernels,
        engine=engine,
    )
