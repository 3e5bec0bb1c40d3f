"""Samples in the order A B B A, and the ratio of each such block.

Both sides of a block are measured within seconds of each other, and neither is always the first:
what disturbs a machine slowly then disturbs both alike. A block in which one sample was taken on a
busy machine is kept, and not counted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from workloads.cases import SPEED, Case
from workloads.gates import Gate
from workloads.measures import Sample
from workloads.sides import Side
from workloads.texts import Texts

ORDERS = ("ABBA", "BAAB")  # A is the subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Four samples, or two where there is no baseline.

    Args:
        key: Of the row that it belongs to.
        number: Of the block in its row.
        subject: Two samples; `baseline` as many, or none.
        gates: What was seen before each sample, in their order.
        began_s: Seconds since 1970.
    """

    key: str
    number: int
    subject: tuple[Sample, ...]
    baseline: tuple[Sample, ...]
    gates: tuple[Gate, ...]
    began_s: float

    @property
    def counts(self) -> bool:
        """True where the machine was quiet before each sample."""
        return all(gate.passed for gate in self.gates)

    def ratio(self, unit: str) -> float:
        """Return how many times better the subject is than the baseline."""
        above, below = (
            sum(math.log(sample.value) for sample in side) / len(side)
            for side in (self.subject, self.baseline)
        )
        return math.exp(above - below if unit == SPEED else below - above)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    @staticmethod
    def from_data(data: dict[str, Any]) -> Block:
        """Return the block that plain data describes."""
        samples = {
            name: tuple(Sample(**each) for each in data[name]) for name in ("subject", "baseline")
        }
        gates = tuple(Gate(**each) for each in data["gates"])
        return Block(**{**data, **samples, "gates": gates})


def measure_block(
    key: str,
    case: Case,
    number: int,
    subject: Side,
    baseline: Side | None,
    look: Callable[[], Gate],
) -> Block:
    """Measure both sides twice.

    Args:
        key: Of the row.
        case: What is measured.
        number: Of the block; every other one begins with the baseline.
        subject: The side that is looked at.
        baseline: The other, or None.
        look: Says what the machine is doing.
    """
    order = ORDERS[number % 2] if baseline else "AA"
    sides = {"A": subject, "B": baseline}
    samples: dict[str, list[Sample]] = {"A": [], "B": []}
    gates = []
    began_s = time.time()
    for letter in order:
        side = sides[letter]
        assert side is not None
        gates.append(look())
        # Each run of a block has a text of its own, and both sides get the same ones.
        texts = Texts(f"{key}/{number}/{len(samples[letter])}")
        samples[letter].append(case.measure(side, texts))
    return Block(
        key=key,
        number=number,
        subject=tuple(samples["A"]),
        baseline=tuple(samples["B"]),
        gates=tuple(gates),
        began_s=round(began_s, 1),
    )
