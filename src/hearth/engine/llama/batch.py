"""Rows of tokens for one call that computes, in memory that the engine reads directly."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.ctypeslib  # loads on first use otherwise, when no file can be opened any more
from numpy.typing import NDArray

from hearth.engine.llama.library import library


class Batch:
    """Rows for one `llama_decode`, in arrays of our own that NumPy can fill at once.

    Args:
        capacity: Most rows.
        max_position: Positions are below it.
    """

    def __init__(self, capacity: int, max_position: int) -> None:
        self.capacity = capacity
        self._counting = np.arange(max_position, dtype=np.int32)
        self.tokens = np.zeros(capacity, np.int32)
        self.positions = np.zeros(capacity, np.int32)
        self.sequences = np.zeros(capacity, np.int32)
        self.wants_logits = np.zeros(capacity, np.int8)
        self._ones = np.ones(capacity, np.int32)
        # llama.cpp wants, for every row, a pointer to its list of sequence ids; each of our rows
        # has one id, so the list of row i is the array of ids from element i on.
        base = self.sequences.ctypes.data
        self._lists = (base + 4 * np.arange(capacity)).astype(np.uintp)
        self._struct = self._make_struct()

    def fill(
        self, row: int, tokens: list[int], position: int, sequence: int, num_logits: int
    ) -> None:
        """Write consecutive tokens of one sequence into the rows from `row` on.

        Args:
            row: First row.
            tokens: The tokens.
            position: Position of the first one.
            sequence: Id of the sequence they belong to.
            num_logits: Tokens at the end for which logits are wanted.
        """
        if len(tokens) == 1:  # an answer that grows, several times as fast without slices
            self.tokens[row], self.positions[row] = tokens[0], position
            self.sequences[row], self.wants_logits[row] = sequence, num_logits
            return
        end = row + len(tokens)
        self.tokens[row:end] = tokens
        self.positions[row:end] = self._counting[position : position + len(tokens)]
        self.sequences[row:end] = sequence
        self.wants_logits[row : end - num_logits] = 0
        self.wants_logits[end - num_logits : end] = 1

    def as_struct(self, num_rows: int) -> ctypes.Structure:
        """Return the first `num_rows` rows as a llama_batch that borrows these arrays."""
        self._struct.n_tokens = num_rows
        return self._struct

    def _make_struct(self) -> ctypes.Structure:
        def pointer(array: NDArray[np.generic], kind: type) -> Any:
            return array.ctypes.data_as(ctypes.POINTER(kind))

        batch = library().llama_batch()
        batch.embd = None
        batch.token = pointer(self.tokens, ctypes.c_int32)
        batch.pos = pointer(self.positions, ctypes.c_int32)
        batch.n_seq_id = pointer(self._ones, ctypes.c_int32)
        batch.seq_id = pointer(self._lists, ctypes.POINTER(ctypes.c_int32))
        batch.logits = pointer(self.wants_logits, ctypes.c_int8)
        return batch  # type: ignore[no-any-return]
