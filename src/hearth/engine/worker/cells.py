"""The ledger of key/value cells: which sequence owns which, and how often each is shared.

It mirrors what llama.cpp's unified memory does and never touches it: a cell holds keys and values
of one token at one position; sequences with a common prefix own the same cells. Having it on this
side answers "how many cells would that free?" without asking, and lets a test prove after every
step that no cell is lost and none is owned by two different texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hearth.errors import EngineError


class CellLedger:
    """Owners of `capacity` cells.

    Args:
        capacity: Cells in the pool; one cell holds one token.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._free = list(range(capacity - 1, -1, -1))
        self._owners = [0] * capacity
        self._tokens: dict[int, list[int]] = {}
        self._cells: dict[int, list[int]] = {}

    @property
    def free(self) -> int:
        """Cells that nobody owns."""
        return len(self._free)

    @property
    def sequences(self) -> tuple[int, ...]:
        """Ids of the sequences that exist."""
        return tuple(self._tokens)

    def open(self, sequence: int) -> None:
        """Begin an empty sequence."""
        if sequence in self._tokens:
            raise EngineError(f"Sequence {sequence} is open already.")
        self._tokens[sequence], self._cells[sequence] = [], []

    def tokens(self, sequence: int) -> Sequence[int]:
        """Return the tokens whose keys and values a sequence owns (read it, do not change it)."""
        return self._tokens[sequence]

    def length(self, sequence: int) -> int:
        """Return how many cells a sequence owns."""
        return len(self._cells[sequence])

    def append(self, sequence: int, tokens: Sequence[int]) -> None:
        """Give a sequence new cells for tokens that follow its last one."""
        if len(tokens) > len(self._free):
            raise EngineError(f"{len(tokens)} cells wanted, {len(self._free)} are free.")
        for token in tokens:
            cell = self._free.pop()
            self._owners[cell] = 1
            self._cells[sequence].append(cell)
            self._tokens[sequence].append(token)

    def share(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence own the first `length` cells of another as well."""
        if self._cells[target]:
            raise EngineError(f"Sequence {target} is not empty.")
        cells = self._cells[source][:length]
        for cell in cells:
            self._owners[cell] += 1
        self._cells[target] = cells
        self._tokens[target] = self._tokens[source][:length]

    def trim(self, sequence: int, length: int) -> None:
        """Take from a sequence the cells from position `length` on."""
        for cell in self._cells[sequence][length:]:
            self._owners[cell] -= 1
            if self._owners[cell] == 0:
                self._free.append(cell)
        del self._cells[sequence][length:]
        del self._tokens[sequence][length:]

    def close(self, sequence: int) -> None:
        """End a sequence and give back what only it owned."""
        self.trim(sequence, 0)
        del self._tokens[sequence], self._cells[sequence]

    def freed_by_closing(self, sequences: Iterable[int]) -> int:
        """Return how many cells would become free if these sequences were closed."""
        owned: dict[int, int] = {}
        for sequence in sequences:
            for cell in self._cells[sequence]:
                owned[cell] = owned.get(cell, 0) + 1
        return sum(1 for cell, count in owned.items() if count == self._owners[cell])

    def check_integrity(self) -> None:
        """Prove that no cell is lost, none is free and owned, and none stands for two texts.

        Raises:
            EngineError: The ledger contradicts itself; the message says where.
        """
        counted = [0] * self.capacity
        content: dict[int, tuple[int, int]] = {}
        for sequence, cells in self._cells.items():
            if len(cells) != len(self._tokens[sequence]):
                raise EngineError(f"Sequence {sequence} has unequal numbers of cells and tokens.")
            for position, cell in enumerate(cells):
                counted[cell] += 1
                entry = (position, self._tokens[sequence][position])
                if content.setdefault(cell, entry) != entry:
                    raise EngineError(f"Cell {cell} stands for {content[cell]} and for {entry}.")
        if counted != self._owners:
            raise EngineError("The number of owners of a cell is wrong.")
        free = set(self._free)
        if len(free) != len(self._free) or any(counted[cell] for cell in free):
            raise EngineError("A cell is free twice, or free and owned.")
        if len(free) + sum(1 for count in counted if count) != self.capacity:
            raise EngineError("A cell is neither free nor owned.")
