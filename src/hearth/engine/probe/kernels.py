"""Graphs for cases, and the rounds in which they are timed.

All memory holds zeros, and so do all results: a mask of zeros hides nothing, an index of zero is
one that exists, and no case can disturb another by what it leaves behind. Shares of attention are
never zero, and lie by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.engine.llama.graphs import (
    F16,
    F32,
    I32,
    Area,
    Graph,
    Processor,
    can_compute,
    ggml,
    own_orders,
)
from hearth.engine.probe.messages import Case, Job, Timing
from hearth.engine.probe.stopwatch import Reading, Stopwatch

SCRATCH_BYTES = 96 * 2**20
MOST_MATRIX_BYTES = 2**25  # one begins where the last has ended
SHARES_BYTES = 80 * 2**20  # of attention: two matrices of 128 rows, 8 heads and 8,192 cells
MAX_OPERATIONS = 256  # of one graph
MIN_ROUNDS = 3
MIN_TURNS = 5  # of references
SHORT_S = 0.05
WAKE_S = 0.5
ELEMENT_BYTES = 4
# Numbers that each operation of `_elements` reads and writes, in its order: a norm, its weights,
# a sum, a gate.
TOUCHED = (2, 2, 3, 3)

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A graph with what is in it."""

    graph: Graph
    count: int
    work_bytes: int


class KernelBench:
    """Builds and times graphs; weights of all cases share the same memory.

    Args:
        job: What will be timed.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._processor = Processor(job.threads)
        self._scratch = Area(SCRATCH_BYTES)
        has_shares = any(case.kind == "full attention" for case in job.cases)
        self._shares = Area(SHARES_BYTES) if has_shares else self._scratch
        self._areas: dict[int | None, Area] = {}
        self._prepared: list[Prepared | None] = []
        self._found: list[list[Reading]] = []
        self._turn = 0
        self._kv_place = 0

    def warm_up(self) -> None:
        """Build every case, and compute each once."""
        self._prepare_all()
        for each in self._prepared:
            if each is not None:
                self._time(each.graph)

    def go_on(self, least_s: float) -> int:
        """Time the cases whose turn it is, one after the other, until so many seconds have gone.

        They take turns, as in `run`: one that followed itself would find its data in the caches.

        Returns:
            How many have had their turn in all.
        """
        began = time.monotonic()
        while self._prepared and time.monotonic() - began < least_s:
            each = self._prepared[self._turn % len(self._prepared)]
            if each is not None:
                self._found[self._turn % len(self._prepared)].append(self._time(each.graph))
            self._turn += 1
        return self._turn

    def timings(self) -> list[Timing | None]:
        """Return what every case took, once each was timed so often; None for what is not built."""
        while self._turn < MIN_TURNS * len(self._prepared):
            self.go_on(SHORT_S)
        return self._timings()

    def run(self) -> list[Timing | None]:
        """Time every case in rounds and return what was found."""
        self._prepare_all()
        self._wake()
        began = time.monotonic()
        for index in range(self._job.rounds):
            elapsed_s = time.monotonic() - began
            if index >= MIN_ROUNDS and elapsed_s * (index + 1) / index > self._job.most_s:
                break
            for each, readings in zip(self._prepared, self._found, strict=True):
                if each is not None:
                    readings.append(self._time(each.graph))
        return self._timings()

    def _wake(self) -> None:
        """Let threads start and clocks rise. Memory was touched as it was filled with zeros."""
        began = time.monotonic()
        for each in self._prepared:
            if each is not None and time.monotonic() - began < WAKE_S:
                self._time(each.graph)

    def _timings(self) -> list[Timing | None]:
        return [
            _timing(each, readings) if each else None
            for each, readings in zip(self._prepared, self._found, strict=True)
        ]

    def _prepare_all(self) -> None:
        self._prepared = [self._prepare(case) for case in self._job.cases]
        self._found = [[] for _ in self._prepared]

    def _time(self, graph: Graph) -> Reading:
        with Stopwatch(self._job.clock, self._job.threads) as watch:
            self._processor.compute(graph)
        return Reading(watch.seconds, watch.share)

    def _prepare(self, case: Case) -> Prepared | None:
        if case.kind == "matrix":
            return self._matrices(case)
        others = {
            "attention": self._attention,
            "full attention": self._full_attention,
            "elements": self._elements,
            "roll": self._roll,
            "scan": self._scan,
        }
        return others[case.kind](case)

    def _area(self, order: int | None = None) -> Area:
        """Return the memory for one order of weights, None for that of the file."""
        if order not in self._areas:
            most = max(case.bytes for case in self._job.cases)
            self._areas[order] = Area(most + MOST_MATRIX_BYTES, order)
        return self._areas[order]

    def _matrices(self, case: Case) -> Prepared | None:
        """Multiply by weights as in the file, or in the first order that takes them."""
        orders = own_orders() if case.layout == "repacked" else [None]
        tried = (self._matrices_in(order, case) for order in orders)
        return next((each for each in tried if each is not None), None)

    def _matrices_in(self, order: int | None, case: Case) -> Prepared | None:
        graph, area = Graph(self._scratch), self._area(order)
        shape = (1, case.tokens) if case.is_expert else (case.tokens,)
        given = graph.tensor(F32, case.columns, *shape)
        # Every token chooses the first of the experts, which is the only one.
        chosen = (graph.tensor(I32, *shape),) if case.is_expert else ()
        operation = "mul_mat_id" if case.is_expert else "mul_mat"
        start, count, read = graph.used, 0, 0
        while not count or (read < case.repeats * case.bytes and count < MAX_OPERATIONS):
            place = read % case.bytes
            weights = graph.tensor(case.type, case.columns, case.rows, area=area, offset=place)
            graph.rewind(start)
            if not can_compute(graph.then(operation, weights, given, *chosen)):
                graph.close()
                return None
            read += int(ggml().ggml_nbytes(weights))
            count += 1
        return Prepared(graph=graph, count=count, work_bytes=read)

    def _attention(self, case: Case) -> Prepared:
        """Look back at keys and values that no case shortly before has looked at.

        In a model, all weights of a pass go through the caches between two looks of a layer.
        """
        graph = Graph(self._scratch)
        queries = graph.tensor(F32, case.head_size, case.heads, case.tokens)
        mask = graph.tensor(F16, case.cells, case.tokens)
        asked = graph.permuted(queries)
        start, count, read = graph.used, 0, 0
        while not count or (read < case.bytes and count < MAX_OPERATIONS):
            shape = (case.head_size, case.kv_heads, case.cells)
            pair, size = self._keys_and_values(graph, case, shape, shape, read)
            graph.rewind(start)
            scale = case.head_size**-0.5
            graph.then("flash_attn_ext", asked, *map(graph.permuted, pair), mask, scale, 0.0, 0.0)
            count, read = count + 1, read + size
        self._kv_place += read
        return Prepared(graph=graph, count=count, work_bytes=read)

    def _full_attention(self, case: Case) -> Prepared:
        """The same with a matrix of every query with every key; values then lie cell by cell.

        Source: build_attn_mha of llama.cpp's llama-graph.cpp.
        """
        graph = Graph(self._shares)
        queries = graph.tensor(F32, case.head_size, case.heads, case.tokens)
        mask = graph.tensor(F32, case.cells, case.tokens)
        asked = graph.permuted(queries)
        start, count, read = graph.used, 0, 0
        while not count or (read < case.bytes and count < MAX_OPERATIONS // 3):
            keys = (case.head_size, case.kv_heads, case.cells)
            values = (case.cells, case.head_size, case.kv_heads)
            (key, value), size = self._keys_and_values(graph, case, keys, values, read)
            graph.rewind(start)
            products = graph.then("mul_mat", graph.permuted(key), asked)
            shares = graph.then("soft_max_ext", products, mask, case.head_size**-0.5, 0.0)
            graph.then("mul_mat", value, shares)
            count, read = count + 1, read + size
        self._kv_place += read
        return Prepared(graph=graph, count=count, work_bytes=read)

    def _keys_and_values(
        self, graph: Graph, case: Case, keys: Shape, values: Shape, read: int
    ) -> tuple[list[int], int]:
        """Return keys and values behind those of earlier looks, and the bytes of both."""
        area, size, pair = self._area(), 0, []
        for shape in (keys, values):
            place = self._kv_place + read + size
            made = graph.tensor(case.type, *shape, area=area, offset=place)
            size += int(ggml().ggml_nbytes(made))
            pair.append(made)
        return pair, size

    def _elements(self, case: Case) -> Prepared:
        graph = Graph(self._scratch)
        first = graph.tensor(F32, case.columns, case.tokens)
        second = graph.tensor(F32, case.columns, case.tokens)
        weights = graph.tensor(F32, case.columns)
        start, count = graph.used, 0
        while count < MAX_OPERATIONS:
            graph.rewind(start)
            normed = graph.then("rms_norm", first, 1e-5)
            scaled = graph.then("mul", normed, weights)
            total = graph.then("add", scaled, second)
            graph.then("swiglu_split", total, second)
            count += len(TOUCHED)
            if case.tokens > 1:
                break
        numbers = case.columns * case.tokens * sum(TOUCHED) * count // len(TOUCHED)
        return Prepared(graph=graph, count=count, work_bytes=ELEMENT_BYTES * numbers)

    def _roll(self, case: Case) -> Prepared:
        """Join the tokens with those before them, channel by channel, and mix the last of each."""
        graph, count = Graph(self._scratch), MAX_OPERATIONS // 16 if case.tokens == 1 else 1
        given = graph.transposed(graph.tensor(F32, case.columns, case.tokens))
        before = graph.tensor(F32, case.cells - 1, case.columns)
        weights = graph.tensor(F32, case.cells, case.columns)
        start = graph.used
        for _ in range(count):
            graph.rewind(start)
            joined = graph.then("concat", before, given, 0)
            graph.then("ssm_conv", joined, weights)
        size = ELEMENT_BYTES * case.columns
        return Prepared(graph=graph, count=count, work_bytes=size * case.tokens * count)

    def _scan(self, case: Case) -> Prepared:
        """Carry a state over the tokens; heads of one channel have a decay for each number."""
        graph, count = Graph(self._scratch), MAX_OPERATIONS // 16 if case.tokens == 1 else 1
        channels = (case.head_size, case.heads)
        state = graph.tensor(F32, case.cells, *channels)
        given = graph.tensor(F32, *channels, case.tokens)
        step = graph.tensor(F32, case.heads, case.tokens)
        decay = graph.tensor(F32, case.cells if case.head_size == 1 else 1, case.heads)
        mixes = [graph.tensor(F32, case.cells, 1, case.tokens) for _ in range(2)]
        which = graph.tensor(I32, 1)
        start = graph.used
        for _ in range(count):
            graph.rewind(start)
            graph.then("ssm_scan", state, given, step, decay, *mixes, which, 1)
        size = ELEMENT_BYTES * case.cells * case.heads * case.head_size
        return Prepared(graph=graph, count=count, work_bytes=size * case.tokens * count)


def _timing(prepared: Prepared, readings: Sequence[Reading]) -> Timing:
    return Timing(
        seconds=[one.seconds for one in readings],
        shares=[one.share for one in readings],
        count=prepared.count,
        work_bytes=prepared.work_bytes,
    )
