"""Names of blocks on disk: what they hold, and everything that their keys and values depend on.

A block's key is a hash of its parent's key, of whose it is, and of its tokens; the chain begins
with the digest of what computed it (`Identity`). So two texts share a block exactly where they are
equal from the beginning on, and nothing that was computed otherwise is ever found.
"""

from __future__ import annotations

import array
import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.engine.prefixes.access import BLOCK_TOKENS, MIN_SHARED_TOKENS

KEY_BYTES = 20
PROBE_BYTES = 8
FORMAT = 1  # of files and keys; another one finds nothing of this one's


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Everything besides the tokens that keys and values depend on.

    Adapters are not among it: no model is loaded with any.

    Args:
        model: Digest of the model file's bytes.
        engine: The library's version, and what its processor code was built for.
        kv_type: Number format of keys and values.
        flash_attention: Whether values are transposed, among other things.
        rope: Scaling of positions.
        layout: Order of the weights in memory, which decides how sums are rounded.
        gpu_layers: Layers that another device computes.
    """

    model: str
    engine: str
    kv_type: str
    flash_attention: str
    rope: str
    layout: str
    gpu_layers: int

    def digest(self) -> bytes:
        """Return the beginning of every chain of keys."""
        told = {
            **dataclasses.asdict(self),
            "format": FORMAT,
            "block_tokens": BLOCK_TOKENS,
            "memory": "unified, full window",
        }
        text = json.dumps(told, sort_keys=True).encode()
        return hashlib.blake2b(text, digest_size=KEY_BYTES).digest()


@dataclass(frozen=True, slots=True)
class BlockName:
    """The name of a block's file.

    Args:
        probe: Hash of its parent and of its first tokens: what blocks have in common whose
            beginnings are alike.
        start: Where in the text it begins.
        count: Its tokens.
        key: Its own key, the parent's of the next block.
    """

    probe: str
    start: int
    count: int
    key: str

    @classmethod
    def of(cls, parent: bytes, scope: str, start: int, tokens: Sequence[int]) -> BlockName:
        """Return the name of a block behind the one with the key `parent`."""
        probe = _hash(parent, scope, tokens[:MIN_SHARED_TOKENS], PROBE_BYTES)
        key = _hash(parent, scope, tokens, KEY_BYTES)
        return cls(probe.hex(), start, len(tokens), key.hex())

    @classmethod
    def read(cls, name: str) -> BlockName | None:
        """Read a file's name; None if it is none of a block."""
        probe, _, rest = name.partition(".")
        numbers = rest.split(".")
        if len(numbers) != 3 or not (numbers[0].isdecimal() and numbers[1].isdecimal()):
            return None
        return cls(probe, int(numbers[0]), int(numbers[1]), numbers[2])

    def __str__(self) -> str:
        return f"{self.probe}.{self.start}.{self.count}.{self.key}"

    @property
    def key_bytes(self) -> bytes:
        """The key as the parent of what follows."""
        return bytes.fromhex(self.key)


def token_bytes(tokens: Sequence[int]) -> bytes:
    """Return tokens as 32-bit numbers, little-endian."""
    numbers = array.array("I", tokens)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _hash(parent: bytes, scope: str, tokens: Sequence[int], size: int) -> bytes:
    digest = hashlib.blake2b(parent, digest_size=size)
    digest.update(hashlib.blake2b(scope.encode(), digest_size=16).digest())
    digest.update(token_bytes(tokens))
    return digest.digest()
