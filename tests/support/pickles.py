"""PyTorch files without PyTorch: pickles with the names and the layout that torch.save writes."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class Imported:
    """Stands for something that the pickle imports; pickled as its name alone."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name


class Called:
    """Stands for a call that loading would make."""

    def __init__(self, function: Imported, *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments


class Stored:
    """Stands for a tensor's bytes, which lie outside the pickle."""

    def __init__(self, kind: str, key: str, num_elements: int) -> None:
        self.id = ("storage", Imported("torch", kind), key, "cpu", num_elements)


class TorchPickler(pickle._Pickler):
    """Writes the stand-ins as what they stand for. The C pickler would look the names up."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)

    def persistent_id(self, value: object) -> object:
        return value.id if isinstance(value, Stored) else None

    def save_imported(self, value: Imported) -> None:
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())

    def save_called(self, value: Called) -> None:
        self.save(value.function)
        self.save(value.arguments)
        self.write(pickle.REDUCE)

    dispatch[Imported] = save_imported
    dispatch[Called] = save_called


def tensor(kind: str, key: str, *shape: int) -> Called:
    """Return a tensor as torch.save pickles it."""
    num_elements = 1
    for size in shape:
        num_elements *= size
    hooks = Called(Imported("collections", "OrderedDict"))
    storage = Stored(kind, key, num_elements)
    rebuild = Imported("torch._utils", "_rebuild_tensor_v2")
    return Called(rebuild, storage, 0, shape, (1,) * len(shape), False, hooks)


def pickled(value: object, protocol: int = 2) -> bytes:
    """Return a value as a pickle."""
    stream = io.BytesIO()
    TorchPickler(stream, protocol=protocol).dump(value)
    return stream.getvalue()


def write_zip(path: Path, members: Mapping[str, bytes], *, compressed: bool = False) -> Path:
    """Write an archive of a checkpoint's layout."""
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(f"archive/{name}", data)
    return path


def write_checkpoint(path: Path, value: object) -> Path:
    """Write a checkpoint as PyTorch has since 1.6."""
    return write_zip(path, {"data.pkl": pickled(value), "version": b"3\n", "data/0": b"\0" * 64})


def write_legacy_checkpoint(path: Path, value: object) -> Path:
    """Write a checkpoint as PyTorch did before 1.6: five pickles, then the bytes."""
    parts = [LEGACY_MAGIC, 1001, {"little_endian": True}, value, ["0"]]
    raw = b"".join(pickled(part) for part in parts)
    path.write_bytes(raw + struct.pack("<q", 16) + b"\0" * 64)
    return path


STATE = OrderedDict(
    [
        ("model.embed_tokens.weight", ("HalfStorage", (300, 64))),
        ("model.layers.0.self_attn.k_proj.weight", ("BFloat16Storage", (32, 64))),
        ("model.norm.weight", ("FloatStorage", (64,))),
    ]
)


def state_dict() -> OrderedDict[str, Called]:
    """Return what `model.state_dict()` holds."""
    return OrderedDict(
        (name, tensor(kind, str(key), *shape))
        for key, (name, (kind, shape)) in enumerate(STATE.items())
    )
