"""Key/value memory with shared prefixes: the ledger and llama.cpp's memory, changed together.

A sequence that ends is kept, so that the next turn of its conversation, or another user with the
same shared system prompt, computes only what is new (`Access` says who may use what). It stays in
its cells until a request comes that does not go on with it; by then it is copied into the block
store, where it costs nobody anything.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from hearth.engine.prefixes.access import MIN_SHARED_TOKENS, Access, common_prefix
from hearth.engine.worker.block_store import BlockStore, Match, State
from hearth.engine.worker.cells import CellLedger
from hearth.errors import EngineError


class Memory(Protocol):
    """What the cache needs of llama.cpp's memory; `hearth.engine.llama.context.Context` has it."""

    def copy(self, source: int, target: int, length: int) -> None:
        """Share a prefix."""
        ...

    def trim(self, sequence: int, length: int) -> bool:
        """Cut a sequence back."""
        ...

    def length(self, sequence: int) -> int:
        """Return a sequence's number of positions."""
        ...

    def clear(self) -> None:
        """Forget all sequences."""
        ...

    def save(self, sequence: int, start: int, end: int) -> State:
        """Copy keys and values out; of a model that cannot trim, the state of all."""
        ...

    def load(self, sequence: int, state: State) -> bool:
        """Copy keys and values in; False if cells are short."""
        ...


class KvCache:
    """Hands out sequences with as much of their prefix already computed as can be had.

    Args:
        memory: llama.cpp's memory, empty.
        cells: Tokens that it holds.
        max_sequences: Sequence ids that it knows, running and kept.
        store: Where ended sequences wait; for models that cannot trim it keeps whole texts.
        can_trim: False for recurrent and hybrid models: a kept sequence can then only be gone on
            with as a whole.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        cells: int,
        max_sequences: int,
        store: BlockStore,
        can_trim: bool = True,
    ) -> None:
        self.ledger = CellLedger(cells)
        self.store = store
        self._memory = memory
        self._can_trim = can_trim
        self._free_ids = list(range(max_sequences - 1, -1, -1))
        self._kept: OrderedDict[int, None] = OrderedDict()  # oldest first
        self._access: dict[int, Access] = {}
        self._parked: set[int] = set()  # kept sequences of which the store has all it can take

    @property
    def cells_used(self) -> int:
        """Cells that hold something."""
        return self.ledger.capacity - self.ledger.free

    def can_open(self, tokens: Sequence[int], access: Access, spare_cells: int) -> bool:
        """Tell whether a prompt and `spare_cells` more fit, if kept sequences may be forgotten."""
        source, shared = self._best_source(tokens, access)
        # Cells shared with a running sequence cost nothing; those of a kept one are counted among
        # the cells that could be freed, so they are wanted in full.
        wanted = len(tokens) + spare_cells - (shared if source not in self._kept else 0)
        if self.ledger.free >= wanted:
            return True
        return self.ledger.free + self.ledger.freed_by_closing(self._kept) >= wanted

    def shareable(self, tokens: Sequence[int], access: Access) -> int:
        """Return how many leading tokens of a prompt need not be computed now."""
        return max(self._best_source(tokens, access)[1], self._match(tokens, access).length)

    def open(
        self, tokens: Sequence[int], access: Access, *, afresh: bool = False
    ) -> tuple[int, int]:
        """Open a sequence for a prompt.

        Args:
            tokens: The prompt; at least its last token will have to be computed.
            access: What it may begin with, and who may begin with it.
            afresh: Compute all of it, whatever is known.

        Returns:
            The sequence's id, and how many leading tokens it already has.
        """
        if afresh or not access.cached:
            return self._new(access, spare=None), 0
        source, shared = self._best_source(tokens, access)
        self._park_all(spare=source)
        if source is not None and source in self._kept and shared == self.ledger.length(source):
            del self._kept[source]
            self._parked.discard(source)
            self._access[source] = access
            return source, self._load(source, tokens)
        if source is not None and source in self._kept:
            self._kept.move_to_end(source)  # it must survive the making of room for its copy
        sequence = self._new(access, spare=source)
        if source is not None:
            self._memory.copy(source, sequence, shared)
            self.ledger.share(source, sequence, shared)
        return sequence, self._load(sequence, tokens)

    def close(self, sequence: int, *, keep: bool = True) -> None:
        """End a sequence; keep what it computed if nobody else has the same."""
        keep = keep and self._access[sequence].cached
        if keep and self.ledger.length(sequence) >= MIN_SHARED_TOKENS:
            self._drop_prefixes_of(sequence)
            self._kept[sequence] = None
        else:
            self._forget(sequence)

    def park_block(self) -> bool:
        """Copy one block of a kept sequence into the store; False if nothing is left to copy."""
        return any(self._park_next(sequence) for sequence in self._kept)

    def park(self, sequence: int) -> None:
        """Copy a whole sequence into the store, as far as it has room."""
        while self._park_next(sequence):
            pass

    def make_room(self, cells: int) -> bool:
        """Park kept sequences, oldest first, until `cells` are free; False if that fails."""
        while self.ledger.free < cells and self._kept:
            self._dismiss(next(iter(self._kept)))
        return self.ledger.free >= cells

    def roll_back(self, sequence: int, length: int) -> None:
        """Cut llama.cpp's memory back to what the ledger knows, after an aborted decode."""
        if not self._memory.trim(sequence, length):
            raise EngineError(f"Sequence {sequence} cannot be cut back to {length} tokens.")

    def clear(self) -> None:
        """Park everything kept; the next sequence starts at cell 0 of an empty memory."""
        if set(self.ledger.sequences) != set(self._kept):
            raise EngineError("The cache cannot be cleared while a sequence runs.")
        for sequence in list(self._kept):
            self._dismiss(sequence)
        self._memory.clear()

    def check_integrity(self) -> None:
        """Prove the ledger consistent, and equal to what llama.cpp's memory says."""
        self.ledger.check_integrity()
        self.store.check_integrity()
        for sequence in self.ledger.sequences:
            known, held = self.ledger.length(sequence), self._memory.length(sequence)
            if known != held:
                raise EngineError(f"Sequence {sequence}: ledger {known}, memory {held} tokens.")
        for sequence in self._free_ids:
            if self._memory.length(sequence):
                raise EngineError(f"Sequence {sequence} is free but not empty.")
        if len(self._free_ids) + len(self.ledger.sequences) != self._num_ids():
            raise EngineError("A sequence id was lost.")

    def _num_ids(self) -> int:
        return len(set(self._free_ids) | set(self.ledger.sequences))

    def _best_source(self, tokens: Sequence[int], access: Access) -> tuple[int | None, int]:
        """Find the sequence with the longest usable common prefix (kept ones win ties)."""
        limit = len(tokens) - 1  # the last token's logits are wanted, so it is always computed
        best: tuple[int | None, int] = (None, 0)
        for sequence in (*self._kept, *self.ledger.sequences):
            known = self.ledger.tokens(sequence)
            shared = min(common_prefix(known, tokens), limit)
            shared = access.common(self._access[sequence], shared)
            if not self._can_trim and (shared < len(known) or sequence not in self._kept):
                continue
            if shared > best[1] and shared >= MIN_SHARED_TOKENS:
                best = (sequence, shared)
        return best

    def _match(self, tokens: Sequence[int], access: Access) -> Match:
        """Find what the store has of a prompt, all but its last token."""
        if not access.cached:
            return Match((), 0)
        match = self.store.match(tokens[:-1], access)
        return match if match.length >= MIN_SHARED_TOKENS else Match((), 0)

    def _load(self, sequence: int, tokens: Sequence[int]) -> int:
        """Bring in what the store has beyond a sequence's cells; return the sequence's length."""
        have, match = self.ledger.length(sequence), self._match(tokens, self._access[sequence])
        if match.length < have + MIN_SHARED_TOKENS:
            return have
        start, wanted = match.behind(have)
        if not self.make_room(sum(len(block.tokens) for block in wanted)):
            return have
        self._trim(sequence, start)
        for block in wanted:
            if not self._memory.load(sequence, block.state):
                raise EngineError("The cells of a stored block were promised and are not there.")
            self.ledger.append(sequence, block.tokens)
        self._trim(sequence, match.length)
        self.store.use(match)
        return match.length

    def _park_next(self, sequence: int) -> bool:
        """Copy the next block of a sequence into the store; False if it has all it can take."""
        if sequence in self._parked:
            return False
        tokens, access = self.ledger.tokens(sequence), self._access[sequence]
        start = self.store.missing(tokens, access)
        if start is not None:
            end = self.store.end(start, len(tokens), access)
            if self.store.add(tokens[:end], self._memory.save(sequence, start, end), access):
                return True
        self._parked.add(sequence)
        return False

    def _park_all(self, spare: int | None) -> None:
        """Take kept sequences out of the cells: each cell costs every token of who comes now."""
        if self._can_trim:
            for sequence in [s for s in self._kept if s != spare]:
                self._dismiss(sequence)

    def _dismiss(self, sequence: int) -> None:
        """Park a kept sequence and give its cells back."""
        self.park(sequence)
        del self._kept[sequence]
        self._forget(sequence)

    def _new(self, access: Access, spare: int | None) -> int:
        """Begin an empty sequence."""
        sequence = self._take_id(spare)
        self.ledger.open(sequence)
        self._access[sequence] = access
        return sequence

    def _take_id(self, spare: int | None) -> int:
        if not self._free_ids:
            victim = next((s for s in self._kept if s != spare), None)
            if victim is None:
                raise EngineError("No sequence id is free.")
            self._dismiss(victim)
        return self._free_ids.pop()

    def _drop_prefixes_of(self, sequence: int) -> None:
        tokens, owner = self.ledger.tokens(sequence), self._access[sequence].owner
        for other in list(self._kept):
            known = self.ledger.tokens(other)
            if self._access[other].owner != owner:
                continue
            if len(known) <= len(tokens) and common_prefix(known, tokens) == len(known):
                del self._kept[other]
                self._forget(other)

    def _trim(self, sequence: int, length: int) -> None:
        if self.ledger.length(sequence) > length:
            self._memory.trim(sequence, length)
            self.ledger.trim(sequence, length)

    def _forget(self, sequence: int) -> None:
        self._memory.trim(sequence, 0)
        self.ledger.close(sequence)
        del self._access[sequence]
        self._parked.discard(sequence)
        self._free_ids.append(sequence)
