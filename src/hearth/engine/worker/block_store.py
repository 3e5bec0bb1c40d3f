"""Keys and values that stand outside the cells: a tree of token blocks in ordinary memory.

A conversation that waits for its next question should cost the others nothing, and cells do: every
cell up to the highest one in use is looked at for every token (docs/log.md). So what an ended
sequence computed is copied out, block by block, and copied back when a prompt begins with it; both
take about a millisecond for 500 tokens of a small model, hundreds of times less than computing.

Keys and values depend on all tokens before them, so a block is known by its place in the tree, not
by its own tokens alone; texts with a common beginning share its blocks. The last block of a text
may be shorter than the others. When memory is short the block that was needed longest ago leaves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hearth.engine.worker.cells import common_prefix
from hearth.errors import EngineError

BLOCK_TOKENS = 128

State = NDArray[np.uint8]


@dataclass(slots=True, eq=False)
class Block:
    """Some tokens in their place after all tokens before them, and their keys and values.

    Args:
        tokens: At most `BLOCK_TOKENS` of them; fewer only at the end of a text.
        state: Bytes in the engine's own layout; empty for the root.
    """

    tokens: tuple[int, ...]
    state: State
    parent: Block | None
    children: dict[tuple[int, ...], Block] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """Blocks that a text begins with, in order; of the last one perhaps only the beginning."""

    blocks: tuple[Block, ...]
    length: int


class BlockStore:
    """Blocks within a budget of memory.

    Args:
        budget_bytes: Most bytes of keys and values; 0 keeps nothing.
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self.used_bytes = 0
        self._root = Block((), np.empty(0, np.uint8), None)
        # Oldest first. Whoever touches a block touches its ancestors after it, so the oldest block
        # never has children.
        self._blocks: OrderedDict[Block, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._blocks)

    def match(self, tokens: Sequence[int]) -> Match:
        """Return the longest beginning of a text that is here."""
        blocks: list[Block] = []
        here, length = self._root, 0
        while here.children:
            rest = tuple(tokens[length : length + BLOCK_TOKENS])
            whole = here.children.get(rest)
            if whole is None:
                best, shared = _nearest(here.children.values(), rest)
                if best is not None:
                    blocks.append(best)
                return Match(tuple(blocks), length + shared)
            blocks.append(whole)
            here, length = whole, length + len(rest)
        return Match(tuple(blocks), length)

    def use(self, match: Match) -> None:
        """Note that these blocks were needed now."""
        if match.blocks:
            self._touch(match.blocks[-1])

    def missing(self, tokens: Sequence[int]) -> int | None:
        """Return where the first block of a text begins that is not here; None if all are."""
        if not self.budget_bytes:
            return None
        if self.match(tokens).length == len(tokens):
            return None
        return sum(len(block.tokens) for block in self._path(tokens))

    def add(self, tokens: Sequence[int], state: State) -> bool:
        """Keep the last block of a text.

        Args:
            tokens: The text up to the end of the block; the blocks before it are here.
            state: Keys and values of the block.

        Returns:
            False if there is no memory for it beside what it stands on.
        """
        path = list(self._path(tokens))
        start = sum(len(block.tokens) for block in path)
        if not start < len(tokens) <= start + BLOCK_TOKENS:
            raise EngineError(f"A block of {len(tokens) - start} tokens cannot be kept.")
        parent = path[-1] if path else self._root
        block = Block(tuple(tokens[start:]), state, parent)
        self._replace_beginnings(parent, block.tokens)
        parent.children[block.tokens] = block
        self._blocks[block] = None
        self.used_bytes += state.nbytes
        self._touch(block)
        self._shrink()
        return block in self._blocks

    def check_integrity(self) -> None:
        """Prove that the tree, the order of use and the bytes agree.

        Raises:
            EngineError: They do not; the message says where.
        """
        if sum(block.state.nbytes for block in self._blocks) != self.used_bytes:
            raise EngineError("The store counts its bytes wrongly.")
        if self.used_bytes > self.budget_bytes:
            raise EngineError("The store is over its budget.")
        seen: set[Block] = {self._root}
        for block in reversed(self._blocks):
            if block.parent not in seen or block.parent.children.get(block.tokens) is not block:
                raise EngineError("A block is newer than its parent, or not its child.")
            seen.add(block)

    def _path(self, tokens: Sequence[int]) -> Iterator[Block]:
        """Yield the blocks of a text from its beginning, whole blocks and an equal last one."""
        here: Block | None = self._root
        start = 0
        while here is not None:
            here = here.children.get(tuple(tokens[start : start + BLOCK_TOKENS]))
            if here is not None:
                yield here
                start += len(here.tokens)

    def _replace_beginnings(self, parent: Block, tokens: tuple[int, ...]) -> None:
        """Drop shorter last blocks that the new one begins with."""
        for other in list(parent.children):
            if len(other) < len(tokens) and tokens[: len(other)] == other:
                self._drop(parent.children[other])

    def _touch(self, block: Block | None) -> None:
        while block is not None and block is not self._root:
            self._blocks.move_to_end(block)
            block = block.parent

    def _shrink(self) -> None:
        while self.used_bytes > self.budget_bytes:
            self._drop(next(iter(self._blocks)))

    def _drop(self, block: Block) -> None:
        if block.children or block.parent is None:
            raise EngineError("A block that others stand on cannot be dropped.")
        del block.parent.children[block.tokens]
        del self._blocks[block]
        self.used_bytes -= block.state.nbytes


def _nearest(blocks: Iterable[Block], tokens: tuple[int, ...]) -> tuple[Block | None, int]:
    """Return the block with the longest common beginning, and its length."""
    best: tuple[Block | None, int] = (None, 0)
    for block in blocks:
        shared = common_prefix(block.tokens, tokens)
        if shared > best[1]:
            best = (block, shared)
    return best
