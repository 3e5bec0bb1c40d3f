"""Graphs for cases, and the rounds in which they are timed.

All memory holds zeros, and so do all results: a mask of zeros hides nothing, an index of zero is
one that exists, and no case can disturb another by what it leaves behind.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hearth.engine.llama.graphs import (
    F16,
    F32,
    I32,
    PLAIN,
    REPACKED,
    Area,
    Graph,
    Processor,
    can_repack,
    ggml,
    is_repacked,
)
from hearth.engine.probe.messages import Case, Clock, Job, Timing

SCRATCH_BYTES = 96 * 2**20
MAX_OPERATIONS = 256  # of one graph
MIN_ROUNDS = 2
MIN_TURNS = 5  # of references
SHORT_S = 0.05
ELEMENT_BYTES = 4
# Numbers that each operation of `_elements` reads and writes, in its order: a norm, its weights,
# a sum, a gate.
TOUCHED = (2, 2, 3, 3)


class Stopwatch:
    """Times what happens within it: `seconds` by a clock, and `elapsed` by that on the wall.

    Args:
        clock: Which time `seconds` counts.
        threads: Threads that compute.
    """

    def __init__(self, clock: Clock, threads: int) -> None:
        self._clock, self._threads = clock, threads
        self.seconds = self.share = self.elapsed = 0.0

    def __enter__(self) -> Stopwatch:
        self._busy, self._began = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        busy = time.process_time() - self._busy
        self.elapsed = time.perf_counter() - self._began
        self.seconds = self.elapsed if self._clock == "wall" else busy
        self.share = min(1.0, busy / (self.elapsed * self._threads))


class Reading(NamedTuple):
    """Seconds that something took, and the share of the processors that it had meanwhile."""

    seconds: float
    share: float


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
        self._scratch = Area(PLAIN, SCRATCH_BYTES)
        self._areas: dict[str, Area] = {}
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

    def go_on(self, least_s: float) -> None:
        """Time the cases whose turn it is, one after the other, until so many seconds have gone.

        They take turns, as in `run`: one that followed itself would find its data in the caches.
        """
        began = time.monotonic()
        while self._prepared and time.monotonic() - began < least_s:
            each = self._prepared[self._turn % len(self._prepared)]
            if each is not None:
                self._found[self._turn % len(self._prepared)].append(self._time(each.graph))
            self._turn += 1

    def timings(self) -> list[Timing | None]:
        """Return what every case took, once each was timed so often; None for what is not built."""
        while self._turn < MIN_TURNS * len(self._prepared):
            self.go_on(SHORT_S)
        return self._timings()

    def run(self) -> list[Timing | None]:
        """Time every case in rounds and return what was found."""
        self._prepare_all()
        began = time.monotonic()
        for index in range(1 + self._job.rounds):  # the first warms up and is not kept
            elapsed_s = time.monotonic() - began
            if index > MIN_ROUNDS and elapsed_s * (index + 1) / index > self._job.most_s:
                break
            for each, readings in zip(self._prepared, self._found, strict=True):
                if each is None:
                    continue
                reading = self._time(each.graph)
                if index:
                    readings.append(reading)
        return self._timings()

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
        if case.kind == "attention":
            return self._attention(case)
        others = {"elements": self._elements, "roll": self._roll, "scan": self._scan}
        return others[case.kind](case)

    def _area(self, layout: str) -> Area:
        if layout not in self._areas:
            most = max(case.bytes for case in self._job.cases if case.layout == layout)
            self._areas[layout] = Area(layout, most + 2**25)
        return self._areas[layout]

    def _matrices(self, case: Case) -> Prepared | None:
        if case.layout == REPACKED and not can_repack():
            return None
        graph, area = Graph(self._scratch), self._area(case.layout)
        shape = (1, case.tokens) if case.is_expert else (case.tokens,)
        given = graph.tensor(F32, case.columns, *shape)
        # Every token chooses the first of the experts, which is the only one.
        chosen = (graph.tensor(I32, *shape),) if case.is_expert else ()
        operation = "mul_mat_id" if case.is_expert else "mul_mat"
        start, count, read = graph.used, 0, 0
        while not count or (read < case.repeats * case.bytes and count < MAX_OPERATIONS):
            place = read % case.bytes
            weights = graph.tensor(case.type, case.columns, case.rows, area=area, offset=place)
            if case.layout == REPACKED and not is_repacked(weights):
                graph.close()
                return None
            graph.rewind(start)
            graph.then(operation, weights, given, *chosen)
            read += int(ggml().ggml_nbytes(weights))
            count += 1
        return Prepared(graph=graph, count=count, work_bytes=read)

    def _attention(self, case: Case) -> Prepared:
        """Look back at keys and values that no case shortly before has looked at.

        In a model, all weights of a pass go through the caches between two looks of a layer.
        """
        graph, area = Graph(self._scratch), self._area(PLAIN)
        queries = graph.tensor(F32, case.head_size, case.heads, case.tokens)
        mask = graph.tensor(F16, case.cells, case.tokens)
        asked = graph.permuted(queries)
        start, count, read = graph.used, 0, 0
        while not count or (read < case.bytes and count < MAX_OPERATIONS):
            pair = []
            for _ in range(2):
                place = self._kv_place + read
                made = graph.tensor(
                    case.type, case.head_size, case.kv_heads, case.cells, area=area, offset=place
                )
                read += int(ggml().ggml_nbytes(made))
                pair.append(graph.permuted(made))
            graph.rewind(start)
            scale = case.head_size**-0.5
            graph.then("flash_attn_ext", asked, *pair, mask, scale, 0.0, 0.0)
            count += 1
        self._kv_place += read
        return Prepared(graph=graph, count=count, work_bytes=read)

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
