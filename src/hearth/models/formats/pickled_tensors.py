"""Find the tensors in what a PyTorch pickle would load, from the calls that would make them.

A tensor is a call of `torch._utils._rebuild_tensor_v2` with a storage, an offset, a shape and
strides; a storage is a reference to bytes elsewhere in the file. Source: torch/_utils.py.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TypeGuard

from hearth.models.bytes import ByteSource, bad_file
from hearth.models.card import TensorEntry
from hearth.models.formats.pickle_machine import Call, Name, Pairs, Reference
from hearth.models.labels import plain

MAX_TENSORS = 65_536
MAX_VISITS = 400_000  # the same object may be reached by many ways
MAX_PATH_CHARS = 500
MAX_ELEMENTS = 2**63 - 1

_REBUILD = frozenset({"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"})
_DTYPE_ARGUMENT = 6  # of `_rebuild_tensor_v3`

# Name on the card and bytes per number, by the storage's class and by the type's own name.
_TYPES = MappingProxyType(
    {
        "DoubleStorage": ("F64", 8),
        "FloatStorage": ("F32", 4),
        "HalfStorage": ("F16", 2),
        "BFloat16Storage": ("BF16", 2),
        "LongStorage": ("I64", 8),
        "IntStorage": ("I32", 4),
        "ShortStorage": ("I16", 2),
        "CharStorage": ("I8", 1),
        "ByteStorage": ("U8", 1),
        "BoolStorage": ("BOOL", 1),
        "ComplexFloatStorage": ("C64", 8),
        "float8_e4m3fn": ("F8_E4M3", 1),
        "float8_e5m2": ("F8_E5M2", 1),
        "uint16": ("U16", 2),
        "uint32": ("U32", 4),
        "uint64": ("U64", 8),
    }
)


def list_tensors(result: object, source: ByteSource, file: str) -> tuple[TensorEntry, ...]:
    """Return the tensors of a pickle, named by the keys on the way to them.

    Args:
        result: What `scan_pickle` found.
        source: The file, for messages.
        file: What the tensors say that their file is called.

    Raises:
        BadModelFile: There are more than any checkpoint has.
    """
    found: dict[str, TensorEntry] = {}
    stored: set[str] = set()
    waiting: list[tuple[str, object]] = [("", result)]
    for _ in range(MAX_VISITS):
        if not waiting:
            return tuple(found.values())
        path, value = waiting.pop()
        tensor = _tensor(path, value, file, stored) if isinstance(value, Call) else None
        if tensor is None:
            waiting += reversed(_parts(path, value))
        elif len(found) == MAX_TENSORS:
            break
        else:
            found.setdefault(tensor.name, tensor)
    raise bad_file(source.name, f"its pickle holds more than {MAX_TENSORS:,} tensors or objects")


def _parts(path: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, Call):
        return [(path, value.arguments)]
    if isinstance(value, Pairs):
        return [(_joined(path, key), item) for key, item in value.items]
    if isinstance(value, list | tuple):
        return [(path, item) for item in value]
    return []


def _joined(path: str, key: object) -> str:
    shown = plain(key) if isinstance(key, str | int) else "?"
    return (f"{path}.{shown}" if path else shown)[:MAX_PATH_CHARS]


def _tensor(path: str, call: Call, file: str, stored: set[str]) -> TensorEntry | None:
    """Return the tensor that a call would make; the bytes of shared storage count once."""
    function, arguments = call.function, call.arguments
    if not isinstance(function, Name) or function.name not in _REBUILD:
        return None
    if not isinstance(arguments, tuple) or len(arguments) < 3:
        return None
    storage, shape = _storage(arguments[0]), arguments[2]
    kind = _kind(storage, arguments)
    if storage is None or kind is None or not _is_shape(shape):
        return None
    key, num_stored = plain(storage[2]), storage[4]
    count = min(math.prod(shape), num_stored if isinstance(num_stored, int) else MAX_ELEMENTS)
    count = 0 if key in stored else count
    stored.add(key)
    return TensorEntry(
        name=path,
        shape=shape,
        type=kind[0],
        size_bytes=count * kind[1],
        num_weights=count,
        file=file,
        offset=None,
    )


def _storage(reference: object) -> tuple[object, ...] | None:
    told = reference.id if isinstance(reference, Reference) else None
    return told if isinstance(told, tuple) and len(told) >= 5 and told[0] == "storage" else None


def _kind(
    storage: tuple[object, ...] | None, arguments: tuple[object, ...]
) -> tuple[str, int] | None:
    named = [storage[1]] if storage else []
    named += arguments[_DTYPE_ARGUMENT : _DTYPE_ARGUMENT + 1]
    for name in reversed(named):
        if isinstance(name, Name) and name.name in _TYPES:
            return _TYPES[name.name]
    return None


def _is_shape(shape: object) -> TypeGuard[tuple[int, ...]]:
    return (
        isinstance(shape, tuple)
        and len(shape) <= 16
        and all(isinstance(size, int) and 0 <= size < 2**40 for size in shape)
        and math.prod(shape) <= MAX_ELEMENTS
    )
