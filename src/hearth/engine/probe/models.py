"""A whole model, timed a pass at a time with the engine as a worker has it.

Passes of the model and references take turns, each as long as the other, so that both meet the
machine in the same states: a proportion is a figure where a time is a moment.
A deep context is not computed token by token: its first block is, and copies of its keys and
values, moved to later positions, stand for the rest.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hearth.engine.llama.context import Context, ContextSettings, DecodeResult
from hearth.engine.llama.library import log_lines
from hearth.engine.llama.model import Model
from hearth.engine.probe.kernels import KernelBench
from hearth.engine.probe.messages import Job, ModelJob, ModelReport
from hearth.engine.probe.stopwatch import Stopwatch
from hearth.errors import EngineError

BLOCK = 512  # tokens that are computed and copied
MIN_ROUNDS = 3
ANSWERS = 3  # in each round, and one prompt
TOKEN = 1
SEQUENCE = 0


def time_model(job: ModelJob) -> ModelReport:
    """Load a model and time it.

    Raises:
        LoadFailed: It cannot be loaded with these settings.
        EngineError: It cannot compute, or its cells do not suffice.
    """
    bench = KernelBench(
        Job(threads=job.threads, cases=job.references, most_s=0.0, clock=job.clock),
    )
    timed = TimedModel(job)
    report = ModelReport(buffers=timed.buffers)
    bench.warm_up()
    timed.answer()
    timed.prompt()
    began = time.monotonic()
    for index in range(job.rounds):
        if index >= MIN_ROUNDS and time.monotonic() - began > job.most_s:
            break
        for _ in range(ANSWERS):
            answer = timed.answer()
            report.decode_s.append(answer.seconds / job.steps)
            report.shares.append(answer.share)
            report.turns.append(bench.go_on(answer.elapsed))
        prompt = timed.prompt()
        report.prompt_s.append(prompt.seconds)
        report.shares.append(prompt.share)
        report.turns.append(bench.go_on(prompt.elapsed))
    report.references.extend(bench.timings())
    return report


def _flash_attention(job: ModelJob) -> str:
    if not job.flash_attention:
        return "off"
    return "auto" if job.kv_type in ("f16", "f32") else "on"


class TimedModel:
    """A loaded model with a context that is filled to a depth."""

    def __init__(self, job: ModelJob) -> None:
        self._job = job
        self._model = Model(Path(job.path), repack=job.repack)
        self._context = Context(
            self._model,
            ContextSettings(
                cells=job.cells,
                sequences=job.sequences,
                batch_tokens=job.micro_batch,
                micro_batch_tokens=job.micro_batch,
                threads=job.threads,
                threads_batch=job.threads,
                kv_type=job.kv_type,
                flash_attention=_flash_attention(job),
            ),
        )
        self._context.set_threads(job.threads)
        found = Counter({"weights": self._model.size_bytes})
        for buffer in log_lines().buffers():
            if buffer.part != "weights":  # logged as the file is mapped, with what is copied twice
                found[buffer.part] += buffer.size_bytes
        self.buffers = dict(found)
        self._length = 0
        self._fill()
        # A running state cannot be cut back: it is put back as it was.
        self._state = None
        if not self._model.can_trim and self._length:
            self._state = self._context.save(SEQUENCE, 0, self._length)

    def answer(self) -> Stopwatch:
        """Time some tokens of an answer."""
        with self._stopwatch() as watch:
            for _ in range(self._job.steps):
                self._decode(1)
        self._back()
        return watch

    def prompt(self) -> Stopwatch:
        """Time a prompt."""
        with self._stopwatch() as watch:
            for size, is_last in self._chunks(self._job.prompt_tokens):
                self._decode(size, wants_logits=is_last)
        self._back()
        return watch

    def _stopwatch(self) -> Stopwatch:
        return Stopwatch(self._job.clock, self._job.threads)

    def _fill(self) -> None:
        """Fill the context up to the depth."""
        depth = self._job.depth
        if not self._model.can_trim:  # a running state cannot be copied in pieces
            for size, _ in self._chunks(depth):
                self._decode(size, wants_logits=False)
            return
        first = min(BLOCK, depth)
        if not first:
            return
        for size, _ in self._chunks(first):
            self._decode(size, wants_logits=False)
        state = self._context.save(SEQUENCE, 0, first)
        while self._length + first <= depth:
            if not self._context.load(SEQUENCE, state, later=self._length):
                raise EngineError(f"{self._job.cells} cells do not hold {depth} tokens.")
            self._length += first
        for size, _ in self._chunks(depth - self._length):
            self._decode(size, wants_logits=False)

    def _back(self) -> None:
        """Forget what was timed."""
        if self._model.can_trim:
            self._context.trim(SEQUENCE, self._job.depth)
        else:
            self._context.clear()
            if self._state is not None and not self._context.load(SEQUENCE, self._state):
                raise EngineError(f"A state of {self._job.depth} tokens cannot be put back.")
        self._length = self._job.depth

    def _chunks(self, tokens: int) -> Iterator[tuple[int, bool]]:
        while tokens > 0:
            size = min(tokens, self._job.micro_batch)
            tokens -= size
            yield size, tokens == 0

    def _decode(self, size: int, *, wants_logits: bool = True) -> None:
        self._context.batch.fill(0, [TOKEN] * size, self._length, SEQUENCE, wants_logits)
        result = self._context.decode(size)
        if result is not DecodeResult.OK:
            raise EngineError(f"The model cannot be timed: {result.name.lower()}.")
        if wants_logits:
            self._context.logits(size - 1)
        self._length += size
