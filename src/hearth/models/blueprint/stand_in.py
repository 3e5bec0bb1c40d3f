"""Stand-ins: files that have the header of a real model, and holes where its weights are.

The engine loads and runs one like the real model: same tensors, same types, same shapes, same work;
only the numbers differ. It takes the size of its header on disk, and no download.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from hearth.errors import DiskFull, InvalidRequest, StoreError
from hearth.models.blueprint.copying import (
    Entries,
    copied_entries,
    known_entries,
    layer_changes,
)
from hearth.models.blueprint.cutting import check_cut, extra_layers
from hearth.models.blueprint.encoding import (
    data_bytes,
    encode_metadata,
    header_bytes,
    num_rows,
    placed,
)
from hearth.models.blueprint.quantized import Quantized, first_layers
from hearth.models.bytes import ByteSource, FileBytes, bad_file
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.info import describe
from hearth.models.gguf.tensors import TensorInfo
from hearth.models.labels import plain

EMBED_ROWS = range(256)  # token ids whose embeddings are written where the caller names none
_FULL = (errno.ENOSPC, errno.EDQUOT)


def write_stand_in(
    path: Path,
    model: Quantized,
    *,
    num_layers: int | None = None,
    embed_rows: Sequence[int] = EMBED_ROWS,
    seed: int = 0,
) -> Path:
    """Write a stand-in of a blueprint; it has no tokenizer.

    Args:
        path: File to write; one that is there is replaced when the new one is whole.
        model: The blueprint with its types.
        num_layers: Keep so many of the first layers; None: all.
        embed_rows: Ids of the tokens that will be put in. Others have an embedding of zeros.
        seed: Seed of what is random.

    Raises:
        InvalidRequest: The model has fewer layers than that.
        DiskFull: The disk has no room for what must be written.
        StoreError: The file cannot be written.
    """
    kept = model if num_layers is None else first_layers(model, num_layers)
    entries = Entries(count=len(kept.metadata), encoded=encode_metadata(kept.metadata))
    return _write(path, entries, kept.tensors, embed_rows, seed)


def stand_in_of(
    headers: Sequence[GgufHeader],
    path: Path,
    *,
    source: ByteSource | None = None,
    num_layers: int | None = None,
    embed_rows: Sequence[int] = EMBED_ROWS,
    seed: int = 0,
) -> Path:
    """Write a stand-in of a real model, here or elsewhere, from the headers of its files.

    Args:
        headers: Of all files of the model, the first first.
        path: File to write; one that is there is replaced when the new one is whole.
        source: Where the first file is read from, to copy its tokenizer. A file on this machine
            is found by itself; without either, the stand-in has no tokenizer.
        num_layers: Keep so many of the first layers; None: all.
        embed_rows: Ids of the tokens that will be put in. Others have an embedding of zeros.
        seed: Seed of what is random.

    Raises:
        InvalidRequest: The model has fewer layers than that, or cannot be cut.
        BadModelFile: The file is not what it was when its header was read, or is no model.
        DiskFull: The disk has no room for what must be written.
        StoreError: The file cannot be written.
    """
    first = headers[0]
    tensors = [tensor for header in headers for tensor in header.tensors]
    changes = {}
    if num_layers is not None and _is_cut(headers, num_layers):
        changes = layer_changes(first.metadata, num_layers)
        tensors = [tensor for tensor in tensors if _layer(tensor.name) < num_layers]
    table = placed((tensor.name, tensor.shape, tensor.type) for tensor in tensors)
    if source is not None:
        entries = copied_entries(source, first.data_start, changes)
    elif first.name == str(first.path) and first.path.is_file():
        with FileBytes(first.path) as file:
            entries = copied_entries(file, first.data_start, changes)
    else:
        entries = known_entries(first.metadata, changes, vocab_size=_vocab_size(first, tensors))
    return _write(path, entries, table, embed_rows, seed)


def _is_cut(headers: Sequence[GgufHeader], num_layers: int) -> bool:
    """Say whether layers are left out, after a check that they can be.

    Raises:
        InvalidRequest: The model has fewer layers, or cannot be cut.
    """
    info = describe(*headers)
    num_extra = extra_layers(headers[0].metadata, info.architecture)
    check_cut(info, num_layers, num_extra=num_extra)
    if num_layers == info.num_layers:
        return False
    names = (tensor.name for header in headers for tensor in header.tensors)
    if any(name.startswith("per_layer_") for name in names):
        raise InvalidRequest(
            f"A {info.architecture} model cannot be cut: it has tensors for all layers together.",
            hint="Make the stand-in with all of its layers.",
            param="num_layers",
        )
    return True


def _layer(name: str) -> int:
    """Return the layer that a tensor is in; -1 outside of the layers."""
    parts = name.split(".")
    return int(parts[1]) if parts[0] == "blk" and parts[1].isdecimal() else -1


def _vocab_size(header: GgufHeader, tensors: Sequence[TensorInfo]) -> int:
    for tensor in tensors:
        if tensor.name == "token_embd.weight":
            return num_rows(tensor.shape)
    raise bad_file(header.name, "it lacks the tensor token_embd.weight")


def _write(
    path: Path,
    entries: Entries,
    tensors: Sequence[TensorInfo],
    embed_rows: Sequence[int],
    seed: int,
) -> Path:
    import numpy as np  # takes 0.1 s, and planning with blueprints does without

    from hearth.models.blueprint.values import values_of

    rng = np.random.default_rng(seed)
    rows = sorted({0, *embed_rows})  # an answer from holes alone is token 0
    head = header_bytes(entries.encoded, entries.count, tensors)
    with _whole_file(path) as file:
        file.write(head)
        file.truncate(len(head) + data_bytes(tensors))
        for tensor in tensors:
            for at, values in values_of(tensor, rows, rng):
                file.seek(len(head) + tensor.offset + at)
                file.write(values)
    return path


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes its name when it is whole, and else leaves nothing behind."""
    part: Path | None = None
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            part = Path(file.name)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> DiskFull | StoreError:
    if error.errno in _FULL:
        return DiskFull(
            f"The disk of {plain(path.parent, 300)} became full while a stand-in was written.",
            hint="Free some space, or name a folder on another disk.",
        )
    return StoreError(
        f"The stand-in {plain(path, 300)} could not be written: {error.strerror or error}.",
        hint="Check the folder and its permissions, or name another one.",
    )
