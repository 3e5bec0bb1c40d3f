"""Does the engine compute at all? A build can load well and die of its first multiplication.

It does so where the compiler and the processor's newest instructions do not go together (`native`
tells of one such pair), and then no model answers.
"""

from __future__ import annotations

from hearth.engine.llama.graphs import F32, Area, Graph, Processor, can_compute, own_orders

TYPES = (2, 8, 12)  # Q4_0, Q8_0 and Q4_K as ggml numbers them: each order takes one of them
COLUMNS, ROWS = 256, 64
TOKENS = (1, 2)  # for which the kernels differ
AREA_BYTES = 2**20


def multiply_once() -> None:
    """Multiply by a small matrix in each order of weights; a broken build ends this process."""
    scratch, processor = Area(AREA_BYTES), Processor(threads=1)
    for order in (None, *own_orders()):
        area = Area(AREA_BYTES, order)
        for kind in TYPES:
            for tokens in TOKENS:
                graph = Graph(scratch)
                weights = graph.tensor(kind, COLUMNS, ROWS, area=area)
                product = graph.then("mul_mat", weights, graph.tensor(F32, COLUMNS, tokens))
                if can_compute(product):
                    processor.compute(graph)
                graph.close()
        area.close()
    processor.close()
    scratch.close()
