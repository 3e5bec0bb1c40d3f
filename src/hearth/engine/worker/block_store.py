"""Keys and values that stand outside the cells: a tree of token blocks in ordinary memory.

A conversation that waits for its next question should cost the others nothing, and cells do: every
cell up to the highest one in use is looked at for every token (docs/log.md). So what an ended
sequence computed is copied out, block by block, and copied back when a prompt begins with it; both
take about a millisecond for 500 tokens of a small model, hundreds of times less than computing.

Keys and values depend on all tokens before them, so a block is known by its place in the tree, not
by its own tokens alone; texts with a common beginning share its blocks where both may (`Access`).
The last block of a text may be shorter than the others. When memory is short the block that was
needed longest ago leaves.

A recurrent state has no entry per token and cannot be taken apart: of such models a text's state is
kept whole, as one piece that only texts which go on with it can use.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hearth.engine.prefixes.access import SHARED, Access, common_prefix
from hearth.errors import EngineError

State = NDArray[np.uint8]
Key = tuple[str, tuple[int, ...]]  # whose a block is, and its tokens


@dataclass(slots=True, eq=False)
class Block:
    """Some tokens in their place after all tokens before them, and their keys and values.

    Args:
        tokens: Fewer than the store's blocks have only at the end of a text.
        state: Bytes in the engine's own layout; empty for the root.
        scope: Who may use it; see `Access.scope`.
        owner: Who had it computed.
    """

    tokens: tuple[int, ...]
    state: State
    parent: Block | None
    scope: str = SHARED
    owner: str = ""
    children: dict[Key, Block] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Its name among its parent's children."""
        return self.scope, self.tokens


@dataclass(frozen=True, slots=True)
class Match:
    """Blocks that a text begins with, in order; of the last one perhaps only the beginning."""

    blocks: tuple[Block, ...]
    length: int

    def behind(self, have: int) -> tuple[int, tuple[Block, ...]]:
        """Return the blocks that hold what follows the first `have` tokens, and their beginning."""
        start = 0
        for index, block in enumerate(self.blocks):
            if start + len(block.tokens) > have:
                return start, self.blocks[index:]
            start += len(block.tokens)
        return start, ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """A block that is nowhere but here.

    Args:
        tokens: The text up to its end.
        start: Where in the text it begins.
        access: Whose it is.
    """

    block: Block
    tokens: tuple[int, ...]
    start: int
    access: Access


class BlockStore:
    """Blocks within a budget of memory.

    Args:
        budget_bytes: Most bytes of keys and values; 0 keeps nothing.
        whole: Keep one state for a whole text instead of blocks that texts can share.
    """

    def __init__(self, budget_bytes: int, *, whole: bool = False) -> None:
        self.budget_bytes = budget_bytes
        self.used_bytes = 0
        self.whole = whole
        self._root = Block((), np.empty(0, np.uint8), None)
        # Oldest first. Whoever touches a block touches its ancestors after it, so the oldest block
        # never has children.
        self._blocks: OrderedDict[Block, None] = OrderedDict()
        self._unsaved: OrderedDict[Block, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._blocks)

    def end(self, start: int, length: int, access: Access) -> int:
        """Return where the block that begins at `start` ends in a text of `length` tokens."""
        return length if self.whole else access.end(start, length)

    def match(self, tokens: Sequence[int], access: Access) -> Match:
        """Return the longest beginning of a text that is here and may be used."""
        blocks: list[Block] = []
        here, length = self._root, 0
        while here.children:
            scope, rest = self._scope(access, length), self._rest(tokens, length, access)
            following = here.children.get((scope, rest))
            if following is None:
                best, shared = self._nearest(here.children.values(), scope, rest)
                if best is not None:
                    blocks.append(best)
                return Match(tuple(blocks), length + shared)
            blocks.append(following)
            here, length = following, length + len(rest)
        return Match(tuple(blocks), length)

    def use(self, match: Match) -> None:
        """Note that these blocks were needed now."""
        if match.blocks:
            self._touch(match.blocks[-1])

    def missing(self, tokens: Sequence[int], access: Access) -> int | None:
        """Return where the first block of a text begins that is not here; None if all are."""
        if not self.budget_bytes or not access.cached:
            return None
        if self.match(tokens, access).length == len(tokens):
            return None
        return sum(len(block.tokens) for block in self._path(tokens, access))

    def add(
        self, tokens: Sequence[int], state: State, access: Access, *, saved: bool = False
    ) -> bool:
        """Keep the last block of a text.

        Args:
            tokens: The text up to the end of the block; the blocks before it are here.
            state: Keys and values of the block.
            access: Whose it is.
            saved: It came from the disk and need not go there.

        Returns:
            False if there is no memory for it beside what it stands on.
        """
        path = list(self._path(tokens, access))
        start = sum(len(block.tokens) for block in path)
        if not start < len(tokens) == self.end(start, len(tokens), access):
            raise EngineError(f"A block of {len(tokens) - start} tokens cannot be kept.")
        parent = path[-1] if path else self._root
        scope = self._scope(access, start)
        block = Block(tuple(tokens[start:]), state, parent, scope, access.owner)
        self._replace_beginnings(block)
        parent.children[block.key] = block
        self._blocks[block] = None
        if not saved:
            self._unsaved[block] = None
        self.used_bytes += state.nbytes
        self._touch(block)
        self._shrink()
        return block in self._blocks

    def next_unsaved(self) -> Unsaved | None:
        """Return the block that waits longest to be written; None if none does."""
        block = next(iter(self._unsaved), None)
        if block is None:
            return None
        path = [block]
        while path[-1].parent is not None and path[-1].parent is not self._root:
            path.append(path[-1].parent)
        path.reverse()
        tokens = tuple(token for each in path for token in each.tokens)
        shared = sum(len(each.tokens) for each in path if each.scope == SHARED)
        access = Access(owner=block.owner, shared=shared)
        start = len(tokens) - len(block.tokens)
        return Unsaved(block=block, tokens=tokens, start=start, access=access)

    def mark_saved(self, block: Block) -> None:
        """Note that a block is on its way to the disk, or shall not go there."""
        self._unsaved.pop(block, None)

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
            if block.parent not in seen or block.parent.children.get(block.key) is not block:
                raise EngineError("A block is newer than its parent, or not its child.")
            seen.add(block)
        if not self._unsaved.keys() <= self._blocks.keys():
            raise EngineError("A block waits to be written that is not here.")

    def _scope(self, access: Access, start: int) -> str:
        return access.private if self.whole else access.scope(start)

    def _rest(self, tokens: Sequence[int], start: int, access: Access) -> tuple[int, ...]:
        """Return what a block that begins at `start` would hold."""
        return tuple(tokens[start : self.end(start, len(tokens), access)])

    def _path(self, tokens: Sequence[int], access: Access) -> Iterator[Block]:
        """Yield the blocks of a text from its beginning, whole blocks and an equal last one."""
        here: Block | None = self._root
        start = 0
        while here is not None:
            key = self._scope(access, start), self._rest(tokens, start, access)
            here = here.children.get(key)
            if here is not None:
                yield here
                start += len(here.tokens)

    def _nearest(
        self, blocks: Iterable[Block], scope: str, tokens: tuple[int, ...]
    ) -> tuple[Block | None, int]:
        """Return the block with the longest usable beginning in common, and its length."""
        best: tuple[Block | None, int] = (None, 0)
        for block in blocks:
            if block.scope != scope:
                continue
            shared = common_prefix(block.tokens, tokens)
            if shared > best[1] and (shared == len(block.tokens) or not self.whole):
                best = (block, shared)
        return best

    def _replace_beginnings(self, block: Block) -> None:
        """Drop shorter last blocks that the new one begins with.

        States of whole texts stay: an edited conversation goes on from one of them.
        """
        if self.whole or block.parent is None:
            return
        for other in list(block.parent.children.values()):
            is_shorter = len(other.tokens) < len(block.tokens) and not other.children
            begins = block.tokens[: len(other.tokens)] == other.tokens
            if other.scope == block.scope and is_shorter and begins:
                self._drop(other)

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
        del block.parent.children[block.key]
        del self._blocks[block]
        self._unsaved.pop(block, None)
        self.used_bytes -= block.state.nbytes
