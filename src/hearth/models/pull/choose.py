"""Which files of a repository make up the model that was asked for, and why those."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hearth.errors import BadModelFile, InvalidRequest, ModelNotFound
from hearth.models.gguf.parts import part_paths
from hearth.models.hub import HubFile, HubRepo
from hearth.models.labels import plain
from hearth.models.pull.names import is_usable
from hearth.models.sources.quant import GGUF_SUFFIX, resolve_quant

MAX_WANTED_FILES = 2000

_WEIGHTS = ".safetensors"
# What engines read beside the weights: configuration, tokenizer, template, licence, card.
_BESIDE = re.compile(
    r".*\.(json|jinja|model|txt|md|tiktoken)|LICEN[CS]E.*|NOTICE.*|USE_POLICY.*", re.IGNORECASE
)
_EXECUTED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Files that belong together.

    Args:
        files: What to fetch.
        opens: Name of the file that the model is opened by; empty for the folder of them all.
        reason: Why these, as a sentence.
    """

    files: tuple[HubFile, ...]
    opens: str
    reason: str


def choose_files(repo: HubRepo, wanted: str | None) -> Choice:
    """Choose the files that a reference means.

    Args:
        repo: What is there.
        wanted: A file, a quantization, or None for the best that runs.

    Raises:
        InvalidRequest: Nothing fits, or several fit equally well.
        ModelNotFound: The repository has no such file, or no model that Hearth can use.
        BadModelFile: The model consists of pickles, or a part of it is missing.
    """
    by_name = {file.name: file for file in repo.files}
    if wanted in by_name and not wanted.lower().endswith(GGUF_SUFFIX):
        return _single(by_name[wanted])
    ggufs = [name for name in by_name if name.lower().endswith(GGUF_SUFFIX) and is_usable(name)]
    if ggufs:
        return _gguf(repo, by_name, ggufs, wanted)
    if wanted is not None:
        raise ModelNotFound(
            f"{plain(repo.repo)!r} has no file {plain(wanted)!r}, and no GGUF files.",
            hint=f"See the files: `hearth models show hf:{plain(repo.repo)}`.",
            param="model",
        )
    return _folder(repo)


def _single(file: HubFile) -> Choice:
    if file.name.lower().endswith(_EXECUTED):
        raise _pickled(file.name)
    return Choice(files=(file,), opens=file.name, reason=f"{file.name} is the file that was named.")


def _gguf(
    repo: HubRepo, by_name: dict[str, HubFile], ggufs: Sequence[str], wanted: str | None
) -> Choice:
    name, reason = resolve_quant(wanted, ggufs)
    parts = [str(PurePosixPath(name).with_name(part.name)) for part in part_paths(Path(name))]
    missing = [part for part in parts if part not in by_name]
    if missing:
        raise BadModelFile(
            f"{plain(repo.repo)!r} lacks {len(missing)} of the {len(parts)} parts of "
            f"{plain(name)!r}: {', '.join(map(plain, missing[:5]))}."
        )
    if len(parts) > 1:
        reason = f"{reason} It comes in {len(parts)} parts."
    return Choice(files=tuple(by_name[part] for part in parts), opens=parts[0], reason=reason)


def _folder(repo: HubRepo) -> Choice:
    """Choose the weights at the top of a repository, and all that describes them."""
    top = [file for file in repo.files if "/" not in file.name and is_usable(file.name)]
    weights = [file for file in top if file.name.endswith(_WEIGHTS)]
    if not weights:
        pickled = [file.name for file in repo.files if file.name.lower().endswith(_EXECUTED)]
        if pickled:
            raise _pickled(pickled[0])
        raise ModelNotFound(
            f"{plain(repo.repo)!r} has neither GGUF nor safetensors files at its top.",
            hint=f"`hearth models search {plain(repo.repo.partition('/')[2])} --format gguf` "
            "may find it in another form.",
            param="model",
        )
    beside = [file for file in top if file not in weights and _BESIDE.fullmatch(file.name)]
    if len(weights) + len(beside) > MAX_WANTED_FILES:
        raise InvalidRequest(
            f"{plain(repo.repo)!r} has {len(weights) + len(beside):,} files; at most "
            f"{MAX_WANTED_FILES:,} are fetched at once.",
            hint="Name one of them.",
        )
    return Choice(
        files=(*weights, *beside),
        opens="",
        reason=f"It has no GGUF files; these are its {len(weights)} safetensors files and what "
        "describes them.",
    )


def _pickled(name: str) -> BadModelFile:
    return BadModelFile(
        f"{plain(name)!r} is a Python pickle, which runs its author's code when it is opened; "
        "Hearth neither opens nor fetches those.",
        hint="Look for a repository with safetensors or GGUF files of the same model.",
    )
