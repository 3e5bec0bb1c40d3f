"""Say what a model is, whatever its format: the door to all of `hearth.models.formats`.

The format is told by what lies there, never by a name alone: a file's first bytes, or the files
that a folder has. Nothing is loaded, and of large files only the header is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hearth.models.bytes import ByteSource
from hearth.models.card import ModelCard
from hearth.models.formats.files import ModelFiles, local_files, remote_files
from hearth.models.formats.gguf_card import gguf_card
from hearth.models.formats.hub_folder import CONFIG, safetensors_card
from hearth.models.formats.onnx import is_onnx, onnx_card
from hearth.models.formats.peft import ADAPTER_CONFIG, peft_card
from hearth.models.formats.pytorch import checkpoint_files, is_checkpoint, pytorch_card
from hearth.models.formats.safetensors import is_safetensors
from hearth.models.gguf.header import MAGIC
from hearth.models.gguf.parts import is_later_part
from hearth.models.gguf.recognize import START_BYTES, recognize

_PART_OF_A_FOLDER = re.compile(
    r"(?:pytorch_model|model|adapter_model|adapters)(?:-\d{5}-of-\d{5})?\.(?:safetensors|bin)"
)
_PROJECTOR = "mmproj"


def identify(path: Path) -> ModelCard:
    """Describe the model of a file or folder on this machine.

    Args:
        path: A file, the first one of a model in parts, or a folder in the hub's layout. A file
            of such a folder stands for the folder.

    Raises:
        ModelNotFound: There is nothing at the path.
        BadModelFile: It is no model, is damaged, or cannot be what it claims.
    """
    with open_files(path) as files:
        return identify_files(files)


def open_files(path: Path) -> ModelFiles:
    """Return the files of the model at a path; see `identify`."""
    return local_files(whole_path(path))


def whole_path(path: Path) -> Path:
    """Return the folder of a file that means little without it, else the path itself.

    Args:
        path: A file or folder; one shard of a model stands for the folder it is in.
    """
    is_part = _PART_OF_A_FOLDER.fullmatch(path.name) is not None and path.is_file()
    beside = (path.parent / name for name in (CONFIG, ADAPTER_CONFIG))
    return path.parent if is_part and any(file.is_file() for file in beside) else path


def identify_remote(name: str, files: Mapping[str, ByteSource | bytes]) -> ModelCard:
    """Describe a model that lies elsewhere; of its weights only the headers travel.

    Args:
        name: What the model is called where it has no name of its own.
        files: Byte sources of its files by their names, small ones also as bytes: the weights,
            and of a repository `config.json`, the tokenizer's settings and the README as well.

    Raises:
        BadModelFile: It is no model, is damaged, or cannot be what it claims.
        SourceError: The files could not be read.
    """
    alone = not any(file in files for file in (CONFIG, ADAPTER_CONFIG))
    with remote_files(name, files, alone=alone) as opened:
        return identify_files(opened)


def identify_files(files: ModelFiles) -> ModelCard:
    """Describe the model that files make up; see `identify`."""
    if files.alone:
        return _single(files, next(iter(files.sizes)))
    return _folder(files)


def _single(files: ModelFiles, name: str) -> ModelCard:
    start = files.start(name, START_BYTES)
    size_bytes = files.sizes[name]
    if start.startswith(MAGIC):
        return gguf_card(files, name)
    if is_safetensors(start, size_bytes):
        return safetensors_card(files)
    if is_checkpoint(start):
        return pytorch_card(files, [name])
    if is_onnx(start, name):
        return onnx_card(files, [name])
    what, hint = recognize(start, size_bytes)
    raise files.fail(f"it is {what}", hint)


def _folder(files: ModelFiles) -> ModelCard:
    weights = files.ending(".safetensors")
    if ADAPTER_CONFIG in files.sizes and (CONFIG not in files.sizes or not weights):
        return peft_card(files)
    ggufs = files.ending(".gguf")
    if weights:
        card = safetensors_card(files)
        noted = (f"{ggufs[0]} is here, too; show it by its own path",) if ggufs else ()
        return replace(card, warnings=(*card.warnings, *noted))
    if ggufs:
        return _gguf_folder(files, ggufs)
    if checkpoints := checkpoint_files(files):
        return pytorch_card(files, checkpoints)
    if graphs := files.ending(".onnx"):
        return onnx_card(files, graphs)
    raise files.fail("it is a folder without weights in a format that is known")


def _gguf_folder(files: ModelFiles, names: list[str]) -> ModelCard:
    """Describe the one model among GGUF files, with the projector that lies beside it."""
    first_parts = [name for name in names if not is_later_part(Path(name))]
    models = [name for name in first_parts if _PROJECTOR not in name.lower()] or first_parts
    if len(models) > 1:
        listed = ", ".join(models[:5]) + (" ..." if len(models) > 5 else "")
        raise files.fail(f"it is a folder of {len(models)} models: {listed}", "Name one of them.")
    card = gguf_card(files, models[0])
    if len(first_parts) == len(models):
        return card
    return replace(card, abilities=replace(card.abilities, images=True))
