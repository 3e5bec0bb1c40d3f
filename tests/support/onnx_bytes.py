"""ONNX models byte by byte: enough of Protocol Buffers to write what Hearth reads."""

from __future__ import annotations

from collections.abc import Sequence


def varint(value: int) -> bytes:
    """Encode a number."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    """Encode a numeric field."""
    return varint(field << 3) + varint(value)


def block(field: int, data: bytes | str) -> bytes:
    """Encode a text, bytes or a nested message."""
    raw = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def initializer(
    name: str, kind: int, shape: Sequence[int], data: bytes = b"", *, is_packed: bool = False
) -> bytes:
    """Encode a TensorProto as a field of the graph."""
    if is_packed:
        dims = block(1, b"".join(varint(size) for size in shape))
    else:
        dims = b"".join(number(1, size) for size in shape)
    return block(5, dims + number(2, kind) + block(8, name) + block(9, data))


def node(operator: str, inputs: Sequence[str], attributes: dict[str, int]) -> bytes:
    """Encode a NodeProto as a field of the graph."""
    parts = [block(1, name) for name in inputs] + [block(4, operator)]
    parts += [block(5, block(1, name) + number(3, value)) for name, value in attributes.items()]
    return block(1, b"".join(parts))


def model(*parts: bytes) -> bytes:
    """Encode a ModelProto with a graph of these parts."""
    return number(1, 8) + block(2, "pytorch") + block(7, b"".join(parts)) + block(8, number(2, 17))
