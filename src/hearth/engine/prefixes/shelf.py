"""The blocks of one model on disk: keep one, find those that a text begins with.

A prompt is followed block by block. A whole block is found by its name at once. Where the chain
ends, the nearest of the blocks with the same first tokens may hold a little more: of the last block
of an earlier turn, or of a text that was edited since.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from hearth.engine.prefixes.access import MIN_SHARED_TOKENS, SHARED, Access, common_prefix
from hearth.engine.prefixes.block_file import (
    Damaged,
    StoredBlock,
    read_block,
    read_tokens,
    write_block,
)
from hearth.engine.prefixes.keys import BlockName, Identity
from hearth.engine.prefixes.room import NEW, Room

ABOUT = "about.json"
MAX_LOOKS = 32  # at blocks that begin alike, for the nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBlock:
    """A block that a text begins with, or begins to begin with.

    Args:
        start: Where in the text it lies.
        tokens: Its tokens; the last block's may differ from the text's after a while.
        state: Its keys and values.
    """

    start: int
    tokens: list[int]
    state: memoryview


class Shelf:
    """The blocks that one way of computing one model has made. Used by one thread.

    Args:
        room: Where all blocks lie, and how many may.
        identity: What computes.
        model: What people call it.

    Raises:
        OSError: Its folder cannot be made.
    """

    def __init__(self, room: Room, identity: Identity, model: str) -> None:
        self._room = room
        self._namespace = identity.digest()
        self._folder = room.root / self._namespace.hex()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._describe(identity, model)

    def find(
        self, tokens: Sequence[int], access: Access, *, have: int = 0, whole: bool = False
    ) -> Iterator[FoundBlock]:
        """Yield the blocks that hold what follows the first `have` tokens of a text, in order.

        Args:
            tokens: The text.
            access: Whose it is.
            have: Tokens that need not be found.
            whole: Look for the longest whole text that this one goes on with.
        """
        if whole:
            yield from self._find_whole(tokens, access)
            return
        key, start = self._namespace, 0
        while start < len(tokens):
            end = access.end(start, len(tokens))
            name = BlockName.of(key, access.scope(start), start, tokens[start:end])
            if end > have:
                found = self._read(name) or self._nearest(name, tokens[start:end])
                if found is None:
                    return
                yield FoundBlock(start=start, tokens=found.tokens, state=found.state)
                if found.tokens != list(tokens[start:end]):
                    return
            key, start = name.key_bytes, end

    def keep(
        self, tokens: Sequence[int], start: int, access: Access, state: memoryview, *, whole: bool
    ) -> None:
        """Keep the last block of a text, and note that those before it are needed.

        Args:
            tokens: The text up to the end of the block.
            start: Where the block begins.
            access: Whose it is.
            state: Its keys and values.
            whole: It is the state of a whole text.

        Raises:
            OSError: It cannot be written.
        """
        scope = access.private if whole else access.scope(start)
        before = list(self._before(tokens, start, access))
        parent = before[-1].key_bytes if before else self._namespace
        name = BlockName.of(parent, scope, start, tokens[start:])
        for known in before:
            self._touch(known)
        if not self._touch(name) and self._room.allows(len(state)):
            self._write(name, tokens[start:], state)
            if not whole and scope != SHARED:
                self._remove_beginnings(name, tokens[start:])

    def _before(self, tokens: Sequence[int], start: int, access: Access) -> Iterator[BlockName]:
        """Yield the names of the blocks before a position."""
        key, here = self._namespace, 0
        while here < start:
            end = access.end(here, start)
            name = BlockName.of(key, access.scope(here), here, tokens[here:end])
            yield name
            key, here = name.key_bytes, end

    def _find_whole(self, tokens: Sequence[int], access: Access) -> Iterator[FoundBlock]:
        if len(tokens) < MIN_SHARED_TOKENS:
            return
        asked = BlockName.of(self._namespace, access.private, 0, tokens)
        alike = [name for name in self._alike(asked) if name.count <= len(tokens)]
        for name in sorted(alike, key=lambda each: -each.count)[:MAX_LOOKS]:
            told = BlockName.of(self._namespace, access.private, 0, tokens[: name.count])
            found = self._read(name) if name == told else None
            if found is not None:
                yield FoundBlock(start=0, tokens=found.tokens, state=found.state)
                return

    def _nearest(self, asked: BlockName, tokens: Sequence[int]) -> StoredBlock | None:
        """Return the block with the longest beginning in common, if it is worth its reading."""
        best: tuple[int, BlockName | None] = (MIN_SHARED_TOKENS - 1, None)
        alike = sorted(self._alike(asked), key=self._used_ns, reverse=True)
        for name in alike[:MAX_LOOKS]:
            try:
                known = read_tokens(self._path(name))
            except FileNotFoundError:
                continue
            except Damaged:
                self._remove(name)
                continue
            shared = common_prefix(known, tokens)
            if shared > best[0]:
                best = (shared, name)
        return None if best[1] is None else self._read(best[1])

    def _alike(self, asked: BlockName) -> Iterator[BlockName]:
        """Yield what lies here of blocks in the same place with the same first tokens."""
        with suppress(FileNotFoundError):
            for each in os.listdir(self._path(asked).parent):
                name = BlockName.read(each)
                if name is not None and (name.probe, name.start) == (asked.probe, asked.start):
                    yield name

    def _read(self, name: BlockName) -> StoredBlock | None:
        """Read a block; one that is damaged is removed, and was never here."""
        path = self._path(name)
        try:
            found = read_block(path, namespace=self._namespace, name=name)
        except FileNotFoundError:
            return None
        except Damaged:
            self._remove(name)
            return None
        self._touch(name)
        return found

    def _write(self, name: BlockName, tokens: Sequence[int], state: memoryview) -> None:
        path = self._path(name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        new = path.with_name(f"{NEW}{uuid.uuid4().hex}")
        try:
            size = write_block(new, name, namespace=self._namespace, tokens=tokens, state=state)
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        self._room.note_written(size)

    def _remove_beginnings(self, name: BlockName, tokens: Sequence[int]) -> None:
        """Remove shorter private blocks that this one begins with: the ends of earlier turns."""
        for other in self._alike(name):
            if other.count < name.count:
                with suppress(FileNotFoundError, Damaged):
                    if read_tokens(self._path(other)) == list(tokens[: other.count]):
                        self._remove(other)

    def _touch(self, name: BlockName) -> bool:
        """Note that a block is needed; False if it is not here."""
        try:
            os.utime(self._path(name))
        except FileNotFoundError:
            return False
        return True

    def _used_ns(self, name: BlockName) -> int:
        try:
            return self._path(name).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _remove(self, name: BlockName) -> None:
        with suppress(OSError):
            self._path(name).unlink()

    def _path(self, name: BlockName) -> Path:
        return self._folder / name.probe[:2] / str(name)

    def _describe(self, identity: Identity, model: str) -> None:
        """Leave a note for people of what the folder is."""
        about = {"name": model, **asdict(identity), "opened_at": int(time.time())}
        new = self._folder / f"{NEW}{uuid.uuid4().hex}"
        new.touch(mode=0o600)
        new.write_text(json.dumps(about, indent=1), encoding="utf-8")
        new.replace(self._folder / ABOUT)
