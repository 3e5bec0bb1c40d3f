"""Write GGUF files byte by byte, also wrong ones: the parts are joined as they are given."""

from __future__ import annotations

import struct
from collections.abc import Sequence

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
_FORMATS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "B"}
_FORMATS |= {U64: "Q", I64: "q", F64: "d"}
_BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 8: (32, 34), 12: (256, 144), 24: (1, 1), 27: (1, 8)}


def string(text: str | bytes) -> bytes:
    """Return a string as it stands in a file: length, then bytes."""
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw)) + raw


def value(kind: int, item: object) -> bytes:
    """Return one value of a type."""
    return string(item) if kind == STRING else struct.pack(f"<{_FORMATS[kind]}", item)  # type: ignore[arg-type]


def entry(key: str | bytes, kind: int, payload: bytes) -> bytes:
    """Return a metadata entry with any payload."""
    return string(key) + struct.pack("<I", kind) + payload


def u32(key: str, number: int) -> bytes:
    """Return an entry with a 32-bit number."""
    return entry(key, U32, value(U32, number))


def text(key: str, content: str | bytes) -> bytes:
    """Return an entry with a string."""
    return entry(key, STRING, string(content))


def array(key: str, kind: int, items: Sequence[object]) -> bytes:
    """Return an entry with an array."""
    joined = b"".join(value(kind, item) for item in items)
    return entry(key, ARRAY, struct.pack("<IQ", kind, len(items)) + joined)


def tensor(
    name: str | bytes,
    shape: Sequence[int],
    *,
    kind: int = 0,
    offset: int = 0,
    num_dims: int | None = None,
) -> bytes:
    """Return one line of the tensor table, unchecked."""
    dims = len(shape) if num_dims is None else num_dims
    return (
        string(name)
        + struct.pack("<I", dims)
        + b"".join(struct.pack("<Q", size % 2**64) for size in shape)
        + struct.pack("<IQ", kind, offset)
    )


def gguf(
    entries: Sequence[bytes] = (),
    tensors: Sequence[bytes] = (),
    data: bytes = b"",
    *,
    magic: bytes = b"GGUF",
    version: int = 3,
    num_keys: int | None = None,
    num_tensors: int | None = None,
    alignment: int = 32,
) -> bytes:
    """Join a file; counts are those of the parts unless given otherwise."""
    counts = (
        len(tensors) if num_tensors is None else num_tensors,
        len(entries) if num_keys is None else num_keys,
    )
    head = magic + struct.pack("<IQQ", version, *counts) + b"".join((*entries, *tensors))
    return head + bytes(-len(head) % alignment) + data


def whole(
    entries: Sequence[bytes], shapes: dict[str, tuple[Sequence[int], int]], alignment: int = 32
) -> bytes:
    """Join a correct file: tensors by name with shape and type, zeros as their data.

    Args:
        entries: Metadata entries.
        shapes: Shape and type number by tensor name, in the order of the file.
        alignment: What the data is padded to; also to be among the entries if it is not 32.
    """
    lines, data = [], b""
    for name, (shape, kind) in shapes.items():
        lines.append(tensor(name, shape, kind=kind, offset=len(data)))
        block, block_bytes = _BLOCKS[kind]
        num_elements = 1
        for size in shape:
            num_elements *= size
        data += bytes(num_elements // block * block_bytes)
        data += bytes(-len(data) % alignment)
    return gguf(entries, lines, data, alignment=alignment)


VOCAB = 10
WIDTH = 64


def model_entries(architecture: str = "llama", /, **changes: bytes | None) -> list[bytes]:
    """Return the metadata of a small correct model, with entries replaced or left out (None).

    Args:
        architecture: Name of the family.
        changes: Entries by their key's last word, such as `block_count=None`.
    """
    named: dict[str, bytes | None] = {
        "architecture": text("general.architecture", architecture),
        "block_count": u32(f"{architecture}.block_count", 2),
        "context_length": u32(f"{architecture}.context_length", 128),
        "embedding_length": u32(f"{architecture}.embedding_length", WIDTH),
        "feed_forward_length": u32(f"{architecture}.feed_forward_length", 128),
        "head_count": u32(f"{architecture}.attention.head_count", 4),
        "head_count_kv": u32(f"{architecture}.attention.head_count_kv", 2),
        "model": text("tokenizer.ggml.model", "gpt2"),
        "tokens": array("tokenizer.ggml.tokens", STRING, [f"t{i}" for i in range(VOCAB)]),
        "token_type": array("tokenizer.ggml.token_type", I32, [1] * VOCAB),
        "eos_token_id": u32("tokenizer.ggml.eos_token_id", 1),
    }
    named |= changes
    return [found for found in named.values() if found is not None]


def model_file(architecture: str = "llama", /, **changes: bytes | None) -> bytes:
    """Return a file that describes a small model, changed as `model_entries` does."""
    shapes = {"token_embd.weight": ((WIDTH, VOCAB), 0), "blk.0.ffn_up.weight": ((WIDTH, 128), 2)}
    return whole(model_entries(architecture, **changes), shapes)
