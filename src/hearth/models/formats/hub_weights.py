"""The safetensors files of a folder: which they are, and the tensors of all of them.

A sharded model has an index that says which file holds each tensor. The index is compared with
what the files hold, and may name no file outside the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hearth.errors import BadModelFile
from hearth.models.card import TensorEntry
from hearth.models.formats.files import ModelFiles
from hearth.models.formats.safetensors import read_safetensors
from hearth.models.formats.scanner import Scanner, read_texts

MAX_INDEX_BYTES = 16 * 1024 * 1024
MAX_INDEX_TENSORS = 131_072
MAX_SHARDS = 1024
SUFFIX = ".safetensors"
INDEX_SUFFIX = ".safetensors.index.json"
MAIN = "model"  # what transformers loads
_SECOND_COPIES = ("consolidated",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The tensors of a folder.

    Args:
        files: The files that hold them.
        metadata: The texts in the header of the first one.
        warnings: What is odd, as sentences.
    """

    files: tuple[str, ...]
    tensors: tuple[TensorEntry, ...]
    metadata: dict[str, str]
    warnings: tuple[str, ...] = ()


def read_weights(files: ModelFiles) -> Weights:
    """Read the headers of all safetensors files that make up the model.

    Raises:
        BadModelFile: A file is damaged or missing, two of them hold the same tensor, or the index
            names a file elsewhere or a tensor that is not where it should be.
    """
    indexes = sorted(files.ending(INDEX_SUFFIX), key=lambda name: name != MAIN + INDEX_SUFFIX)
    index = _read_index(files, indexes[0]) if indexes else {}
    names = sorted(set(index.values())) or _without_copies(files.ending(SUFFIX))
    headers = [read_safetensors(files.source(name), file=name) for name in names]
    tensors = tuple(tensor for header in headers for tensor in header.tensors)
    held = _where_held(files, tensors)
    for tensor, file in index.items():
        if held.get(tensor) != file:
            raise files.fail(f"{file} lacks the tensor {tensor} that the index promises")
    extra = len(held) - len(index) if index else 0
    warnings = (f"{extra:,} tensors are in the files and not in the index",) if extra else ()
    return Weights(
        files=tuple(names),
        tensors=tensors,
        metadata=headers[0].metadata if headers else {},
        warnings=warnings,
    )


def _where_held(files: ModelFiles, tensors: Sequence[TensorEntry]) -> dict[str, str]:
    held: dict[str, str] = {}
    for tensor in tensors:
        if tensor.name in held:
            raise files.fail(f"both {held[tensor.name]} and {tensor.file} hold {tensor.name}")
        held[tensor.name] = tensor.file
    return held


def _without_copies(names: list[str]) -> list[str]:
    """Leave out the same weights in another type or layout ("model.fp16", "consolidated")."""
    if MAIN + SUFFIX in names:
        return [MAIN + SUFFIX]
    return [name for name in names if not name.startswith(_SECOND_COPIES)] or names


def _read_index(files: ModelFiles, name: str) -> dict[str, str]:
    """Return which file holds each tensor."""

    def fail(reason: str) -> BadModelFile:
        return files.fail(f"in {name}, {reason}")

    raw = files.small(name, MAX_INDEX_BYTES)
    if raw is None:
        raise fail(f"there are more than {MAX_INDEX_BYTES:,} bytes")
    scanner = Scanner(raw, fail)
    found: dict[str, str] = {}
    for key in scanner.pairs():
        if key == "weight_map":
            found = read_texts(scanner, MAX_INDEX_TENSORS, fail)
        else:
            scanner.skip_value()
    _check_shards(files, sorted(set(found.values())), fail)
    return found


def _check_shards(
    files: ModelFiles, shards: list[str], fail: Callable[[str], BadModelFile]
) -> None:
    if len(shards) > MAX_SHARDS:
        raise fail(f"there are {len(shards):,} files; at most {MAX_SHARDS:,} are possible")
    for shard in shards:
        # A name and nothing else: an index must not reach into other folders.
        if not shard.endswith(SUFFIX) or "/" in shard or "\\" in shard or shard.startswith("."):
            raise fail(f"the file {shard} lies outside the folder or is no safetensors file")
    missing = [shard for shard in shards if shard not in files.sizes]
    if missing:
        listed = ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
        raise files.fail(
            f"{len(missing)} of its {len(shards)} files are missing: {listed}",
            "Download the missing files into the same folder.",
        )
