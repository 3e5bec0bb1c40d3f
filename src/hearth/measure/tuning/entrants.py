"""What is put side by side: each format of a model in each layout that makes a difference."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from hearth.measure.quants.siblings import Sibling
from hearth.models.gguf.info import ModelInfo
from hearth.plan.flash import full_matrix_pays
from hearth.plan.layouts import APART, PLAIN, REPACKED, SPLIT, why_no_reader
from hearth.plan.memory.orders import processor_orders
from hearth.plan.memory.weights import place_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A model in a layout.

    Args:
        sibling: The model.
        layout: See `hearth.plan.layouts`.
        is_shipped: Whether it is the model as it was given, loaded as it would be without tuning.
    """

    sibling: Sibling
    layout: str
    is_shipped: bool

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{self.sibling.name}, {self.layout}"


def entrants_of(siblings: Sequence[Sibling], cpu_flags: Set[str]) -> tuple[Entrant, ...]:
    """Return every sibling in every layout, the model as it was given first.

    Args:
        siblings: The model, and what was made of it.
        cpu_flags: The processor's instruction sets: they say which types have an order of their
            own. Where none of a model's types has, its layouts are one.
    """
    return tuple(
        Entrant(
            sibling=sibling,
            layout=layout,
            is_shipped=sibling.is_reference and number == 0,
        )
        for sibling in siblings
        for number, layout in enumerate(layouts_of(sibling.info, cpu_flags))
    )


def layouts_of(info: ModelInfo, cpu_flags: Set[str]) -> tuple[str, ...]:
    """Return the layouts of a model that differ, the one without tuning first."""
    orders = processor_orders(cpu_flags)
    can_read_apart = not why_no_reader(info, gpu_layers=0)
    apart = (APART,) if can_read_apart and full_matrix_pays(info, "f16", cpu_flags) else ()
    if not place_weights(info, gpu_layers=0, orders=orders).repacked_bytes:
        return (PLAIN, *apart)
    return (REPACKED, PLAIN, *apart, *((SPLIT,) if can_read_apart else ()))
