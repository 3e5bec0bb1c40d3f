"""A context: the key/value memory of a model and the call that computes, `llama_decode`.

One context is used by one thread. Memory is unified: all sequences share one pool of cells, so a
cell can belong to several sequences and a common prefix is stored once.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.ctypeslib  # loads on first use otherwise, when no file can be opened any more
from numpy.typing import NDArray

from hearth.engine.llama.batch import Batch
from hearth.engine.llama.library import library, log_lines
from hearth.engine.llama.model import Model
from hearth.engine.llama.rope import SCALINGS, Rope
from hearth.errors import EngineError, LoadFailed

KV_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 8}  # ggml_type
FLASH_ATTENTION = {"auto": -1, "off": 0, "on": 1}  # llama_flash_attn_type


class DecodeResult(IntEnum):
    """What `llama_decode` can answer without the context being broken."""

    OK = 0
    NO_ROOM = 1  # no free cells; the memory is as before
    ABORTED = 2  # computed parts may be left in the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSettings:
    """Settings of a context; see `hearth.plan.load` for how they are chosen.

    Args:
        cells: Tokens that the shared memory holds.
        sequences: Sequence ids, running and kept, and where the model can trim one for copies;
            also the most rows of logits in a batch where `output_rows` does not say so.
        output_rows: Most rows of logits in a batch.
        rope: How positions are scaled; None: as the model's file says.
    """

    cells: int
    sequences: int
    batch_tokens: int
    micro_batch_tokens: int
    threads: int
    threads_batch: int
    flash_attention: str = "auto"
    kv_type: str = "f16"
    output_rows: int | None = None
    rope: Rope | None = None


class Context:
    """Key/value memory and computation of one model.

    Raises:
        LoadFailed: llama.cpp could not make the context (memory, or an impossible setting).
    """

    def __init__(self, model: Model, settings: ContextSettings) -> None:
        self._lib = library()
        self.model = model
        self.settings = settings
        self.max_logits = settings.output_rows or settings.sequences
        self.pointer = self._lib.llama_init_from_model(model.pointer, self._params(settings))
        if not self.pointer:
            raise LoadFailed(
                f"llama.cpp cannot make a context of {settings.cells} tokens: "
                f"{log_lines().tail() or 'it gave no reason'}.",
                hint="Try a smaller --context.",
            )
        self._memory = self._lib.llama_get_memory(self.pointer)
        self.cells = int(self._lib.llama_n_ctx(self.pointer))
        self._scratch = settings.sequences - 1  # the last id, used while a block is copied
        self.num_sequences = self._scratch if model.can_trim else settings.sequences
        self._threads = 0  # until they are first set
        self._rows: dict[int, NDArray[np.float32]] = {}  # views by address
        self.batch = Batch(settings.batch_tokens, max_position=self.cells)
        self._install_abort_switch()

    @property
    def scratch(self) -> int | None:
        """A sequence for rows that are thrown away; None where each would need a state."""
        return self._scratch if self.model.can_trim else None

    @property
    def prompt_step(self) -> int:
        """Tokens of a prompt that are computed at once."""
        return self.settings.micro_batch_tokens

    def decode(self, num_rows: int) -> DecodeResult:
        """Compute the first `num_rows` rows of the batch.

        Raises:
            EngineError: llama.cpp found the batch invalid or failed fatally.
        """
        result = int(self._lib.llama_decode(self.pointer, self.batch.as_struct(num_rows)))
        if result < 0:
            raise EngineError(
                f"llama_decode failed with {result}: {log_lines().tail() or 'no reason given'}."
            )
        return DecodeResult(result)

    def synchronize(self) -> None:
        """Wait until what was decoded is computed: a GPU goes on when `decode` has returned."""
        self._lib.llama_synchronize(self.pointer)

    def row(self, row: int) -> int:
        """Return where the library has a row of the batch that was computed last."""
        return row

    def logits(self, row: int) -> NDArray[np.float32]:
        """Return the logits of a row that asked for them, valid until the next decode.

        Returns:
            A view of shape (vocab_size,).
        """
        pointer = self._lib.llama_get_logits_ith(self.pointer, self.row(row))
        if not pointer:
            raise EngineError(f"Row {row} of the batch has no logits.")
        address = ctypes.addressof(pointer.contents)
        # The rows lie at the same few places again and again, and making a view takes 50 us.
        view = self._rows.get(address)
        if view is None:
            if len(self._rows) >= 2 * self.settings.sequences:
                self._rows.clear()  # llama.cpp has moved its buffer
            view = np.ctypeslib.as_array(pointer, (self.model.vocab.size,))
            self._rows[address] = view
        return view

    def all_logits(self, num_rows: int) -> NDArray[np.float32]:
        """Return the logits of all rows that asked for them, in their order in the batch.

        Args:
            num_rows: How many asked.

        Returns:
            A view of shape (num_rows, vocab_size), valid until the next decode.
        """
        pointer = self._lib.llama_get_logits(self.pointer)
        if not pointer:
            raise EngineError("No row of the batch has logits.")
        return np.ctypeslib.as_array(pointer, (num_rows, self.model.vocab.size))

    def copy(self, source: int, target: int, length: int) -> None:
        """Let `target` own the first `length` cells of `source` as well; nothing is moved."""
        self._lib.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def move(self, source: int, target: int) -> None:
        """Let `target` own the whole of `source` as well (also for models that cannot trim)."""
        self._lib.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def trim(self, sequence: int, length: int) -> bool:
        """Take from `sequence` all cells from position `length` on; False if it cannot."""
        return bool(self._lib.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def length(self, sequence: int) -> int:
        """Return how many positions the memory holds for a sequence."""
        return int(self._lib.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def save(self, sequence: int, start: int, end: int) -> NDArray[np.uint8]:
        """Copy the keys and values of positions `start` to `end` out of the memory.

        A running state has no positions: of models that cannot trim, the whole is copied.

        Source: llama.h, "State / sessions"; the layout is the library's own.
        """
        if not self.model.can_trim:
            return self._state(sequence)
        self._lib.llama_memory_seq_cp(self._memory, sequence, self._scratch, start, end)
        try:
            return self._state(self._scratch)
        finally:
            self.trim(self._scratch, 0)

    def load(self, sequence: int, state: NDArray[np.uint8], later: int = 0) -> bool:
        """Give a sequence the keys and values that `save` returned; False if cells are short.

        Args:
            sequence: Gets them behind what it has; where the whole was copied, it has nothing.
            state: What `save` returned.
            later: Positions by which they come later than where they were saved.
        """
        lib = self._lib
        target = self._scratch if self.model.can_trim else sequence
        source = state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        read = int(lib.llama_state_seq_set_data(self.pointer, source, state.nbytes, target))
        if not self.model.can_trim:
            return read == state.nbytes
        if read == state.nbytes:
            if later:
                lib.llama_memory_seq_add(self._memory, self._scratch, -1, -1, later)
            lib.llama_memory_seq_cp(self._memory, self._scratch, sequence, -1, -1)
        self.trim(self._scratch, 0)
        return read == state.nbytes

    def clear(self) -> None:
        """Forget every sequence; the next one starts at cell 0."""
        self._lib.llama_memory_clear(self._memory, False)

    def set_threads(self, threads: int) -> None:
        """Let the next decode compute with this many threads."""
        if threads != self._threads:
            self._lib.llama_set_n_threads(self.pointer, threads, threads)
            self._threads = threads

    def set_abort(self, wanted: bool) -> None:
        """Ask a running decode to stop (any thread), or allow the next one to run."""
        self._abort_switch.value = b"1" if wanted else b"0"

    def close(self) -> None:
        """Free the context."""
        if self.pointer:
            self._lib.llama_free(self.pointer)
            self.pointer = None

    def _state(self, sequence: int) -> NDArray[np.uint8]:
        """Copy out all that the memory holds of a sequence."""
        size = int(self._lib.llama_state_seq_get_size(self.pointer, sequence))
        state = np.empty(size, np.uint8)
        target = state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        written = int(self._lib.llama_state_seq_get_data(self.pointer, target, size, sequence))
        if written != size:
            raise EngineError(f"{written} of {size} bytes of keys and values were copied.")
        return state

    def _params(self, settings: ContextSettings) -> ctypes.Structure:
        params = self._lib.llama_context_default_params()
        params.n_ctx = settings.cells
        params.n_batch = settings.batch_tokens
        params.n_ubatch = settings.micro_batch_tokens
        params.n_seq_max = settings.sequences
        params.n_outputs_max = self.max_logits
        params.n_threads = settings.threads
        params.n_threads_batch = settings.threads_batch
        params.flash_attn_type = FLASH_ATTENTION[settings.flash_attention]
        params.type_k = params.type_v = KV_TYPES[settings.kv_type]
        params.kv_unified = True
        params.swa_full = True  # a pruned window could not be shared or cut back
        params.no_perf = True
        if settings.rope is not None:
            params.rope_scaling_type = SCALINGS[settings.rope.scaling]
            params.rope_freq_base = settings.rope.freq_base
            params.rope_freq_scale = settings.rope.freq_scale
            params.yarn_orig_ctx = settings.rope.original_context
        return params  # type: ignore[no-any-return]

    def _install_abort_switch(self) -> None:
        # llama.cpp polls the switch at every graph node. A Python callback would take the
        # interpreter lock a thousand times a token; libc's atoi on "0" or "1" has the same type.
        self._abort_switch = ctypes.create_string_buffer(b"0", 2)
        atoi = ctypes.CDLL(None).atoi
        self._abort_function = ctypes.cast(atoi, self._lib.ggml_abort_callback)
        self._lib.llama_set_abort_callback(
            self.pointer, self._abort_function, ctypes.addressof(self._abort_switch)
        )
