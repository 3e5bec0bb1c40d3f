"""Describe PyTorch checkpoints (`.bin`, `.pt`, `.pth`, `.ckpt`) and TorchScript programs.

They are pickles, in a zip archive or bare, and Hearth never loads one: the tensors are listed by
following the pickle's instructions without obeying them, and what loading would import is named.
`weights_only=True` of PyTorch is no protection to build on (CVE-2025-32434, CVE-2026-24747).
Source of the layouts: torch/serialization.py of PyTorch 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from hearth.models.bytes import ByteSource, bad_file
from hearth.models.card import ModelCard, TensorEntry
from hearth.models.formats.engines import other_way
from hearth.models.formats.files import ModelFiles
from hearth.models.formats.hub_folder import describe_folder
from hearth.models.formats.pickle_machine import Name
from hearth.models.formats.pickle_scan import Scan, scan_pickle
from hearth.models.formats.pickled_tensors import list_tensors
from hearth.models.formats.zip_table import read_member, read_zip_table
from hearth.models.labels import plain

SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")
ZIP_MAGIC = b"PK\x03\x04"
PICKLE_MAGICS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
MAX_PICKLE_BYTES = 8 * 1024 * 1024
MAX_DANGERS = 32

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # the first of five pickles in files from before 1.6
_NUM_LEGACY_PREFIX = 3
_WEIGHTS = re.compile(r"(?:pytorch_model|adapter_model|model|consolidated)[^/]*")

# What checkpoints of plain weights import. Source: `_get_allowed_globals` of
# torch/_weights_only_unpickler.py.
_HARMLESS_MODULES = MappingProxyType(
    {
        "collections": frozenset({"OrderedDict", "defaultdict", "Counter"}),
        "torch": None,  # types of numbers and of storages, devices, sizes
        "torch._utils": None,
        "torch._tensor": frozenset({"_rebuild_from_type_v2", "Tensor"}),
        "torch.nn.parameter": frozenset({"Parameter"}),
        "torch.serialization": frozenset({"_get_layout"}),
        "torch.storage": frozenset({"UntypedStorage", "TypedStorage"}),
        "numpy": frozenset({"dtype", "ndarray"}),
        "numpy.core.multiarray": frozenset({"_reconstruct", "scalar"}),
        "numpy._core.multiarray": frozenset({"_reconstruct", "scalar"}),
        "_codecs": frozenset({"encode"}),
    }
)
_TORCH_NAMES = re.compile(
    r"Size|device|Tensor|\w+Storage|(?:b?float|u?int|complex|q?u?int)\d\w*|bool|double|half|long|"
    r"_rebuild_\w+"
)
# Modules whose functions run programs, read files or call anything else by its name.
_RUNNING = frozenset(
    {
        *("os", "posix", "nt", "subprocess", "sys", "builtins", "__builtin__", "runpy", "pty"),
        *("importlib", "shutil", "socket", "ctypes", "code", "webbrowser", "pickle", "_pickle"),
        *("operator", "functools", "types", "marshal", "requests", "urllib", "asyncio"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What one file holds.

    Args:
        names: What loading it would import.
        num_sources: Source files of a TorchScript program; 0 for a checkpoint.
        is_weights: False for a pickle that PyTorch did not write.
    """

    tensors: tuple[TensorEntry, ...]
    names: frozenset[Name]
    num_sources: int = 0
    is_weights: bool = True


def is_checkpoint(start: bytes) -> bool:
    """Say whether a file begins like a zip archive or a pickle, as PyTorch writes them."""
    return start.startswith((ZIP_MAGIC, *PICKLE_MAGICS))


def checkpoint_files(files: ModelFiles) -> list[str]:
    """Return the files of a folder that hold a model's weights as pickles."""
    found = [name for name in files.ending(*SUFFIXES) if is_checkpoint(files.start(name, 4))]
    return [name for name in found if _WEIGHTS.match(name)] or found


def pytorch_card(files: ModelFiles, names: Sequence[str]) -> ModelCard:
    """Describe a model whose weights are pickles, or a TorchScript program.

    Args:
        files: The model's folder.
        names: The files that hold its weights.

    Raises:
        BadModelFile: A file is damaged, or no checkpoint.
    """
    checkpoints = [read_checkpoint(files.source(name), name) for name in names]
    tensors = tuple(tensor for found in checkpoints for tensor in found.tensors)
    num_sources = sum(found.num_sources for found in checkpoints)
    if num_sources:
        kind, dangers = "torchscript", _program_dangers(num_sources)
    else:
        kind = "pytorch" if any(found.is_weights for found in checkpoints) else "pickle"
        dangers = _dangers(name for found in checkpoints for name in found.names)
    card = describe_folder(files, names, tensors)
    return replace(
        card,
        format=kind,
        kind="unknown" if kind == "pickle" else card.kind,
        dangers=dangers,
        if_not=other_way(kind, folder=files.where, name=card.name, lineage=card.lineage),
    )


def read_checkpoint(source: ByteSource, file: str) -> Checkpoint:
    """List what a file holds, without loading it.

    Args:
        source: The file's bytes; of the weights none is read.
        file: What the tensors say that their file is called.

    Raises:
        BadModelFile: It is damaged, or neither a checkpoint nor a pickle.
    """
    if source.read(0, min(4, source.size_bytes)) == ZIP_MAGIC:
        return _read_zip(source, file)
    return _read_bare(source, file)


def _read_zip(source: ByteSource, file: str) -> Checkpoint:
    members = read_zip_table(source)
    pickles = [name for name in members if name.endswith("data.pkl") and name.count("/") <= 1]
    if not pickles:
        raise bad_file(source.name, "it is a zip archive and no PyTorch checkpoint")
    scan = _scan(source, read_member(source, members[pickles[0]], MAX_PICKLE_BYTES))
    folder = pickles[0].removesuffix("data.pkl")
    return Checkpoint(
        tensors=list_tensors(scan.result, source, file),
        names=scan.names,
        num_sources=sum(
            name.startswith(f"{folder}code/") and name.endswith(".py") for name in members
        ),
    )


def _read_bare(source: ByteSource, file: str) -> Checkpoint:
    """Read a pickle by itself, or the fourth of those that PyTorch wrote before it used zip."""
    raw = source.read(0, min(source.size_bytes, MAX_PICKLE_BYTES))
    scan = _scan(source, raw)
    is_weights = scan.result == _LEGACY_MAGIC
    names = set(scan.names)
    for _ in range(_NUM_LEGACY_PREFIX if is_weights else 0):
        scan = _scan(source, raw, start=scan.end)
        names |= scan.names
    return Checkpoint(
        tensors=list_tensors(scan.result, source, file),
        names=frozenset(names),
        is_weights=is_weights,
    )


def _scan(source: ByteSource, raw: bytes, start: int = 0) -> Scan:
    return scan_pickle(raw, lambda reason: bad_file(source.name, reason), start=start)


def _dangers(names: Iterable[Name]) -> tuple[str, ...]:
    """Return why loading is dangerous: what runs code first, then what weights do not need."""
    odd = sorted((name for name in set(names) if not _is_harmless(name)), key=str)
    running = [name for name in odd if name.module.partition(".")[0] in _RUNNING]
    others = [name for name in odd if name not in running]
    told = [f"loading it would call {plain(name)}, which can run anything" for name in running]
    told += [f"loading it would import {plain(name)}, which weights do not need" for name in others]
    return tuple(told[:MAX_DANGERS])


def _program_dangers(num_sources: int) -> tuple[str, ...]:
    return (f"it carries {num_sources:,} source files, which loading compiles and runs",)


def _is_harmless(name: Name) -> bool:
    if name.module not in _HARMLESS_MODULES:
        return False
    listed = _HARMLESS_MODULES[name.module]
    return name.name in listed if listed is not None else bool(_TORCH_NAMES.fullmatch(name.name))
