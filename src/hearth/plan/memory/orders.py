"""The orders that processors' own kernels want weights in, by instruction set and type.

Source: `ggml_repack_get_optimal_repack_type` of ggml's repack.cpp, `supports_op` and `get_row_size`
of its amx folder, and the order of `ggml_backend_cpu_get_extra_buffer_types`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that a processor's own kernels want the weights of a type in.

    Args:
        rows: How many are interleaved; those of a matrix must divide by it.
        growth: Bytes of the copy for each byte of the file.
        takes_experts: Whether matrices of which tokens choose some are taken as well.
        groups: Whether tokens that come at once are computed in groups of four.
    """

    rows: int = 8
    growth: float = 1.0
    takes_experts: bool = True
    groups: bool = True


Orders = Mapping[str, Sequence[Order]]


def _tiles(growth: float = 1.0) -> Order:
    """Return an order in tiles of AMX. Source: get_row_size of ggml's amx/mmq.cpp."""
    return Order(rows=32, growth=growth, takes_experts=False, groups=False)


# By processors with an instruction set (as `Cpu.flags` names it), and by type. What comes first is
# what the engine offers a matrix to first.
ORDERS: Mapping[str, Mapping[str, Order]] = {
    "amx_int8": {
        **dict.fromkeys(("Q4_0", "Q4_1", "Q6_K", "F16"), _tiles()),
        "Q8_0": _tiles((34 + 4) / 34),
        "Q4_K": _tiles((144 + 4) / 144),
        "Q5_K": _tiles((176 + 4) / 176),
        "IQ4_XS": _tiles((136 + 2) / 136),
    },
    "avx2": dict.fromkeys(("Q4_0", "Q4_K", "IQ4_NL", "MXFP4"), Order()),
    "avx512f": {"Q2_K": Order()},
    "asimddp": {
        **dict.fromkeys(("Q4_0", "IQ4_NL", "MXFP4", "Q8_0"), Order(rows=4)),
        **dict.fromkeys(("Q4_K", "Q5_K", "Q6_K"), Order()),
    },
}


def processor_orders(cpu_flags: AbstractSet[str]) -> dict[str, list[Order]]:
    """Return the orders that a processor has, by type; the engine takes the first that fits."""
    found: dict[str, list[Order]] = {}
    for flag, types in ORDERS.items():
        for name, order in types.items() if flag in cpu_flags else ():
            found.setdefault(name, []).append(order)
    return found


def order_of(orders: Orders, kind: str, rows: int, *, is_expert: bool = False) -> Order | None:
    """Return the order that a matrix is copied into; None where it stays as in the file.

    Args:
        orders: What the processor has.
        kind: Type of its weights.
        rows: Of the matrix, or how many of them all divide by.
        is_expert: Whether tokens choose it among several.
    """
    fitting = (
        order
        for order in orders.get(kind, ())
        if rows % order.rows == 0 and (order.takes_experts or not is_expert)
    )
    return next(fitting, None)
