"""The two orders of values in saved keys and values, and the way from one to the other.

With flash attention the library keeps the values of a token together, as it does keys; without,
each number of all tokens, since that is how the full matrix meets them. A context takes only states
of its own order. What else is in a state is the same:

    mark, sequence          4 bytes each
    streams, cells          4 bytes each, one stream
    position of each cell   12 bytes: position, one sequence, its id
    order, layers           4 bytes each
    keys of each layer      type (4), bytes of a row (8), rows
    values of each layer    type (4), bytes of a row (8), rows; or
                            type (4), bytes of a number (4), numbers of a row (4), columns

Source: llama_kv_cache::state_write of llama.cpp's llama-kv-cache.cpp, and what version 0.3.36 of
llama-cpp-python writes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hearth.errors import EngineError

Bytes = NDArray[np.uint8]

HEAD_BYTES, CELL_BYTES = 8, 12
NUMBER_BYTES = {0: 4, 1: 2, 30: 2}  # of a ggml_type: f32, f16, bf16


class _Reader:
    """Takes a state apart from its beginning."""

    def __init__(self, state: Bytes) -> None:
        self._state = state
        self.place = 0

    def number(self, size: int = 4) -> int:
        """Return the unsigned number that comes next."""
        return int.from_bytes(self.take(size).tobytes(), "little")

    def take(self, size: int) -> Bytes:
        """Return the bytes that come next."""
        begin, self.place = self.place, self.place + size
        if self.place > len(self._state):
            raise EngineError("Saved keys and values end too early.")
        return self._state[begin : self.place]


def turned(state: Bytes) -> Bytes:
    """Return saved keys and values with the values in the other order.

    Args:
        state: What `Context.save` returned, of a model that can trim.

    Raises:
        EngineError: It is not laid out as above.
    """
    reader = _Reader(state)
    reader.take(HEAD_BYTES)
    num_streams, num_cells = reader.number(), reader.number()
    if num_streams != 1:
        raise EngineError(f"Saved keys and values have {num_streams} streams; one is known.")
    if not num_cells:
        return state
    reader.take(CELL_BYTES * num_cells)
    order_at = reader.place
    by_number, num_layers = reader.number(), reader.number()
    for _ in range(num_layers):
        reader.take(4)
        reader.take(reader.number(8) * num_cells)
    head = state[: reader.place].copy()
    head[order_at] = 0 if by_number else 1
    turn = _rows_of if by_number else _columns_of
    parts = [part for _ in range(num_layers) for part in turn(reader, num_cells)]
    if reader.place != len(state):
        raise EngineError("Saved keys and values go on behind their end.")
    return np.concatenate([head, *parts])


def _rows_of(reader: _Reader, num_cells: int) -> Iterator[Bytes]:
    """Yield one layer's values token by token."""
    kind, size, width = reader.number(), reader.number(), reader.number()
    columns = reader.take(size * width * num_cells).view(f"u{size}").reshape(width, num_cells)
    yield _numbers((kind, 4), (size * width, 8))
    yield np.ascontiguousarray(columns.T).view(np.uint8).reshape(-1)


def _columns_of(reader: _Reader, num_cells: int) -> Iterator[Bytes]:
    """Yield one layer's values number by number."""
    kind, row_bytes = reader.number(), reader.number(8)
    if kind not in NUMBER_BYTES:
        raise EngineError(f"Values of type {kind} are packed, and cannot be turned.")
    size = NUMBER_BYTES[kind]
    width = row_bytes // size
    rows = reader.take(row_bytes * num_cells).view(f"u{size}").reshape(num_cells, width)
    yield _numbers((kind, 4), (size, 4), (width, 4))
    yield np.ascontiguousarray(rows.T).view(np.uint8).reshape(-1)


def _numbers(*numbers: tuple[int, int]) -> Bytes:
    data = b"".join(value.to_bytes(size, "little") for value, size in numbers)
    return np.frombuffer(data, np.uint8)
