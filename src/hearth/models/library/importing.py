"""Bring a model into Hearth's own folder: copied, linked, referred to, or moved.

The files are put together in a hidden folder beside their place and renamed at the end, the first
part of a model last, so that the list shows a model whole or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hearth.errors import BadModelFile, InvalidRequest, ModelNotFound, RequestAborted, StoreError
from hearth.models.gguf.parts import part_paths, whole_name
from hearth.models.labels import plain
from hearth.models.library.facts import read_facts
from hearth.models.library.hashing import Cancelled, OnProgress, never
from hearth.models.sources.tree import GGUF_SUFFIX, weights_of

STAGING_PREFIX = ".incoming-"
BLOCK_BYTES = 4 << 20
SPARE_BYTES = 1 << 30  # what stays free on a disk after a copy
PICKLED = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})


class How(StrEnum):
    """How a model comes into Hearth's folder."""

    COPY = "copy"
    LINK = "link"
    REFERENCE = "reference"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import will do.

    Args:
        sources: The files to bring in, the one that names the model first.
        targets: Where each goes.
        num_bytes: Bytes that will be copied.
    """

    how: How
    name: str
    sources: tuple[Path, ...]
    targets: tuple[Path, ...]
    num_bytes: int


def plan_import(path: Path, models_dir: Path, how: How, name: str | None) -> ImportPlan:
    """Decide what an import will do, without doing any of it.

    Args:
        path: A GGUF file, the first of its parts, or a folder with safetensors.
        models_dir: Hearth's own folder.
        how: Copy, link, refer or move.
        name: What the model shall be called; None: as it is called now.

    Raises:
        ModelNotFound: There is no such file.
        InvalidRequest: The name is not allowed or taken, or a folder cannot come in this way.
    """
    name = name or whole_name(path)
    check_name(name)
    if path.is_dir():
        sources, targets = _folder(path, models_dir / name, how)
    elif path.is_file():
        sources = part_paths(path)
        targets = [models_dir / f"{name}{_ending(part, path)}" for part in sources]
    else:
        raise ModelNotFound(f"There is no file {plain(path, 300)}.", param="path")
    missing = [source.name for source in sources if not source.is_file()]
    if missing:
        raise ModelNotFound(f"Parts of the model are missing: {', '.join(missing[:5])}.")
    check_free([models_dir / name, *targets])
    copied = sum(source.stat().st_size for source in sources) if how is How.COPY else 0
    return ImportPlan(
        how=how, name=name, sources=tuple(sources), targets=tuple(targets), num_bytes=copied
    )


def free_target(models_dir: Path, name: str) -> Path:
    """Return where a new model in one file goes that Hearth makes itself.

    Raises:
        InvalidRequest: The name is not allowed or taken.
    """
    check_name(name)
    target = models_dir / f"{name}{GGUF_SUFFIX}"
    check_free([models_dir / name, target])
    return target


def check_importable(path: Path) -> None:
    """Read a model's header before anything is done with it.

    Raises:
        BadModelFile: It cannot be read, or is of a kind that the library does not keep.
    """
    facts = read_facts(path)
    if facts.problem is not None:
        raise BadModelFile(facts.problem, param="path")
    if path.is_file() and facts.format != "gguf":
        raise BadModelFile(
            f"{plain(path, 300)} is a file of the format {facts.format}; a file can come in if it "
            "is GGUF.",
            hint="Import the folder it lies in, if there are safetensors and a config.json.",
            param="path",
        )


def run_import(
    plan: ImportPlan,
    models_dir: Path,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled = never,
) -> dict[Path, str]:
    """Carry out an import: all of it, or nothing.

    Returns:
        The SHA-256 of each file that was copied, by its new path.

    Raises:
        StoreError: The disk is full or cannot be written.
        InvalidRequest: A hard link cannot lead to another disk.
        RequestAborted: It was cancelled.
    """
    staging = models_dir / f"{STAGING_PREFIX}{uuid.uuid4().hex[:12]}"
    try:
        models_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_space(models_dir, plan.num_bytes)
        staging.mkdir(mode=0o700)
        digests: dict[Path, str] = {}
        for number, (source, target) in enumerate(zip(plan.sources, plan.targets, strict=True)):
            if plan.how is not How.MOVE:
                digest = _bring(plan.how, source, staging / str(number), on_progress, cancelled)
                digests |= {target: digest} if digest else {}
        _put_in_place(plan, staging)
    except OSError as error:
        raise _explained(error, plan) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return digests


def check_space(folder: Path, num_bytes: int) -> None:
    """Refuse to begin what a disk has no room for.

    Raises:
        StoreError: The folder's disk lacks the bytes, or too little would stay free.
    """
    free_bytes = shutil.disk_usage(folder).free
    needed_bytes = num_bytes + SPARE_BYTES if num_bytes else 0
    if needed_bytes > free_bytes:
        raise StoreError(
            f"The disk of {plain(folder, 300)} has {free_bytes / 1e9:.1f} GB free; "
            f"{needed_bytes / 1e9:.1f} GB are needed.",
            hint="Free some space, or import with --link or --reference, which copy nothing.",
        )


def check_free(targets: Sequence[Path]) -> None:
    """Refuse to put anything where something is.

    Raises:
        InvalidRequest: One of the targets is taken.
    """
    if taken := [target for target in targets if os.path.lexists(target)]:
        raise InvalidRequest(
            f"{plain(taken[0], 300)} is there already.",
            param="name",
            hint="Choose another name with --name NAME.",
        )


def check_name(name: str) -> None:
    """Refuse names that would lead elsewhere, or that could not be typed.

    Raises:
        InvalidRequest: A model cannot be called so.
    """
    parts = name.split("/")
    bad = any(part.startswith(".") or part in ("", "starter") or len(part) > 200 for part in parts)
    if bad or not name.isprintable() or "\\" in name or ":" in name:
        raise InvalidRequest(
            f"A model cannot be called {plain(name)!r}: a name is made of words between slashes, "
            "none of which begins with a dot.",
            param="name",
        )


def _ending(part: Path, first: Path) -> str:
    """Return what follows the model's name in a file's name: a part number and the suffix."""
    if first.suffix.lower() != GGUF_SUFFIX:  # the blob of another program
        return GGUF_SUFFIX
    return part.name.removeprefix(whole_name(first))


def _folder(path: Path, target: Path, how: How) -> tuple[list[Path], list[Path]]:
    if how is How.REFERENCE or not weights_of(path):
        raise InvalidRequest(
            f"{plain(path, 300)} is a folder, which can be copied, linked or moved if there are "
            "safetensors in it.",
            param="path",
            hint="To use a folder where it lies, add it to the setting `model_folders`.",
        )
    sources = sorted(
        each
        for each in path.iterdir()
        if each.is_file() and not each.name.startswith(".") and each.suffix not in PICKLED
    )
    # The configuration makes the folder a model, so it arrives last: see `_put_in_place`.
    sources.sort(key=lambda each: each.suffix != ".json")
    return sources, [target / each.name for each in sources]


def _bring(
    how: How,
    source: Path,
    target: Path,
    on_progress: OnProgress | None,
    cancelled: Cancelled,
) -> str | None:
    if how is How.REFERENCE:
        target.symlink_to(source.absolute())
        return None
    if how is How.LINK:
        target.hardlink_to(source.resolve())
        return None
    return _copy(source, target, on_progress, cancelled)


def _copy(source: Path, target: Path, on_progress: OnProgress | None, cancelled: Cancelled) -> str:
    digest = hashlib.sha256()
    with source.open("rb", buffering=0) as file, target.open("xb") as copy:
        while block := file.read(BLOCK_BYTES):
            if cancelled():
                raise RequestAborted("The import was cancelled.")
            copy.write(block)
            digest.update(block)
            if on_progress is not None:
                on_progress(len(block))
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


def _put_in_place(plan: ImportPlan, staging: Path) -> None:
    moved: list[tuple[Path, Path]] = []
    from_: Callable[[int], Path] = (
        plan.sources.__getitem__ if plan.how is How.MOVE else lambda n: staging / str(n)
    )
    try:
        for number in reversed(range(len(plan.targets))):
            source, target = from_(number), plan.targets[number]
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            source.rename(target)
            moved.append((source, target))
        _sync_folders({target.parent for target in plan.targets})
    except OSError:
        for source, target in moved:
            target.rename(source)
        raise


def _sync_folders(folders: set[Path]) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explained(error: OSError, plan: ImportPlan) -> StoreError | InvalidRequest:
    if error.errno == errno.EXDEV:
        return InvalidRequest(
            f"{plain(plan.sources[0], 300)} lies on another disk, where a {plan.how.value} cannot "
            "lead.",
            param="path",
            hint="Use --reference, or leave the option away to copy.",
        )
    return StoreError(f"{plain(plan.name)} cannot be imported: {error.strerror or error}.")
