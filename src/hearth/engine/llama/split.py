"""A context that has long runs of prompts computed by another one: the reader.

What reads prompts fastest is not what writes answers fastest, in two ways:

    layouts     weights as they lie in the file have kernels that take many rows at once, which read
                prompts of some types far faster; weights in the processor's own order write answers
                faster. Then the model is in memory twice
    attention   flash attention is faster for many rows, the full matrix for few behind a long text;
                the same weights serve both

So the reader computes the long runs of a batch. Their keys and values are handed over at once,
which takes milliseconds, and the other rows are computed as ever: the last token of a prompt among
them, so that all logits come from one context.

The reader holds the beginning of one sequence, so that the next run of the same prompt goes on from
there. What else comes before a run is copied to it out of the cells.

Where answers are written with the full matrix of attention, values change their order on the way
(`values`).

Two layouts round differently. Keys and values are then those of the plain one, and answers
differ from those of either layout alone by about as much as the two differ; how much is measured
(`hearth tune`) before anything is split by itself.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearth.engine.llama.batch import Batch
from hearth.engine.llama.context import Context, ContextSettings, DecodeResult
from hearth.engine.llama.model import Model
from hearth.engine.llama.values import turned
from hearth.errors import EngineError
from hearth.plan.flash import OFF
from hearth.plan.layouts import READER_SEQUENCES, SPLIT, WITH_READER, reader_attention
from hearth.plan.sizing import micro_batch

MIN_RUN_TOKENS = 48  # below, computing the last token by itself costs what the reader gains
READ = 0  # the reader's only sequence
NOBODY = -1


class SplitContext(Context):
    """A context that has long runs of prompts read by another one.

    Args:
        model: The model that writes answers.
        settings: Of its context.
        reader: A context of the same model, maybe in another layout, with cells for the longest
            sequence; nobody else may use it.
    """

    def __init__(self, model: Model, settings: ContextSettings, reader: Context) -> None:
        super().__init__(model, settings)
        self._reader = reader
        self._read_of = NOBODY  # the sequence of which the reader holds the beginning
        self._read_length = 0
        self._turns = settings.flash_attention != reader.settings.flash_attention
        self._rows_of_batch: NDArray[np.intp] | None = None  # where rows were moved in the batch
        self.tokens_read = 0

    def decode(self, num_rows: int) -> DecodeResult:
        """Compute the first `num_rows` rows of the batch; see `Context.decode`."""
        self._rows_of_batch = None
        runs = long_runs(self.batch, num_rows)
        if not runs:
            return super().decode(num_rows)
        begins = [
            (int(self.batch.sequences[run.start]), int(self.batch.positions[run.start]))
            for run in runs
        ]
        result = DecodeResult.OK
        for run, (sequence, start) in zip(runs, begins, strict=True):
            if result is DecodeResult.OK:
                result = self._read(run, sequence, start)
        if result is DecodeResult.OK:
            result = self._decode_others(runs, num_rows)
        if result is not DecodeResult.OK:  # a batch is computed as a whole, or not at all
            for sequence, start in begins:
                self.trim(sequence, start)
        return result

    @property
    def prompt_step(self) -> int:
        """Tokens of a prompt that the reader computes at once; see `Context.prompt_step`."""
        return self._reader.prompt_step

    def row(self, row: int) -> int:
        """Return where the library has a row of the batch; see `Context.row`."""
        return row if self._rows_of_batch is None else int(self._rows_of_batch[row])

    # -- what changes a sequence changes what the reader has of it --

    def copy(self, source: int, target: int, length: int) -> None:
        """Share a prefix; see `Context.copy`."""
        self._forget(target)
        super().copy(source, target, length)

    def move(self, source: int, target: int) -> None:
        """Share a whole sequence; see `Context.move`."""
        self._forget(target)
        super().move(source, target)

    def trim(self, sequence: int, length: int) -> bool:
        """Cut a sequence back; see `Context.trim`."""
        if sequence == self._read_of:
            self._read_length = min(self._read_length, length)
        return super().trim(sequence, length)

    def clear(self) -> None:
        """Forget every sequence; see `Context.clear`."""
        self._forget(self._read_of)
        super().clear()

    # -- both at once --

    def set_threads(self, threads: int) -> None:
        """Let the next decode compute with this many threads; see `Context.set_threads`."""
        super().set_threads(threads)
        self._reader.set_threads(threads)

    def set_abort(self, wanted: bool) -> None:
        """Ask a running decode to stop, or allow the next one; see `Context.set_abort`."""
        super().set_abort(wanted)
        self._reader.set_abort(wanted)

    def close(self) -> None:
        """Free both contexts, and the reader's model where it has one of its own."""
        super().close()
        self._reader.close()
        if self._reader.model is not self.model:
            self._reader.model.close()

    # -- reading --

    def _read(self, run: range, sequence: int, start: int) -> DecodeResult:
        """Compute a run in the reader, and hand over its keys and values."""
        reader = self._reader
        self._go_to(sequence, start)
        reader.batch.fill(0, self.batch.tokens[run.start : run.stop].tolist(), start, READ, 0)
        result = reader.decode(len(run))
        if result is not DecodeResult.OK:
            self._cut_reader(start)
            return result
        end = start + len(run)
        self._read_length = end
        self.tokens_read += len(run)
        handed_over = self.load(sequence, self._turned(reader.save(READ, start, end)))
        return DecodeResult.OK if handed_over else DecodeResult.NO_ROOM

    def _go_to(self, sequence: int, start: int) -> None:
        """Let the reader hold exactly the first `start` tokens of a sequence."""
        if sequence != self._read_of:
            self._read_of, self._read_length = sequence, 0
        have = min(self._read_length, start)
        self._cut_reader(have)
        if have < start:
            known = self._turned(self.save(sequence, have, start))
            if not self._reader.load(READ, known):
                raise EngineError(f"The reader has no room for {start} tokens.")
        self._read_length = start

    def _turned(self, state: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return turned(state) if self._turns else state

    def _cut_reader(self, length: int) -> None:
        if not self._reader.trim(READ, length):
            raise EngineError(f"The reader cannot be cut back to {length} tokens.")
        self._read_length = length

    def _forget(self, sequence: int) -> None:
        if sequence == self._read_of:
            self._read_of, self._read_length = NOBODY, 0

    # -- the other rows --

    def _decode_others(self, runs: list[range], num_rows: int) -> DecodeResult:
        """Compute the rows that are in no run, moved together to the front of the batch."""
        is_left = np.ones(num_rows, bool)
        for run in runs:
            is_left[run.start : run.stop] = False
        left = np.flatnonzero(is_left)
        if not len(left):
            return DecodeResult.OK
        batch = self.batch
        for rows in (batch.tokens, batch.positions, batch.sequences, batch.wants_logits):
            rows[: len(left)] = rows[left]
        self._rows_of_batch = np.cumsum(is_left) - 1
        return super().decode(len(left))


def context_in(
    layout: str, model: Model, path: Path, settings: ContextSettings, *, longest: int
) -> Context:
    """Make a context for a model in a layout.

    Args:
        layout: One of `hearth.plan.layouts.LAYOUTS`. For two layouts the weights are loaded once
            more, as they lie in the file.
        model: The model that writes answers.
        path: Its file.
        settings: Of the context that writes.
        longest: Longest sequence in tokens.

    Raises:
        LoadFailed: Memory does not suffice.
    """
    if layout not in WITH_READER:
        return Context(model, settings)
    read_by = Model(path, repack=False) if layout == SPLIT else model
    attention = reader_attention(settings.flash_attention, settings.kv_type)
    reading = replace(
        settings,
        cells=longest,
        sequences=READER_SEQUENCES,
        output_rows=None,
        flash_attention=attention,
        micro_batch_tokens=min(
            settings.batch_tokens, micro_batch(flash_attention=attention != OFF).value
        ),
    )
    reader = Context(read_by, reading)
    reader.batch.fill(0, [0], 0, READ, 1)
    reader.decode(1)  # touches what it needs while files can be opened
    reader.clear()
    return SplitContext(model, settings, reader)


def long_runs(batch: Batch, num_rows: int) -> list[range]:
    """Return the runs of consecutive rows of one sequence that want no logits and are long."""
    if num_rows < MIN_RUN_TOKENS:
        return []
    is_silent = batch.wants_logits[:num_rows] == 0
    changes = np.diff(batch.sequences[:num_rows]).astype(bool) | np.diff(is_silent)
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), num_rows]
    return [
        range(begin, end)
        for begin, end in pairwise(edges)
        if is_silent[begin] and end - begin >= MIN_RUN_TOKENS
    ]
