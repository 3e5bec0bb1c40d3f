"""What lies in the folder of the prefix cache, for people: by model, and all together."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hearth.engine.prefixes.room import BlockEntry, blocks_in
from hearth.engine.prefixes.shelf import ABOUT
from hearth.errors import NotFound

UNKNOWN = "unknown"  # stands for a model whose folder does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfFacts:
    """What is kept of one way of computing one model.

    Args:
        model: What people call it.
        settings: What tells it from other ways: formats, scaling, layout.
        num_tokens: Tokens in the blocks; a beginning that texts share counts once.
    """

    namespace: str
    model: str
    settings: dict[str, str | int]
    num_blocks: int
    num_tokens: int
    size_bytes: int
    last_used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFacts:
    """What is kept of all models.

    Args:
        path: The folder.
        limit_bytes: Most that it may take, as long as that is at most half of the free disk.
        free_bytes: What is free on its disk now.
    """

    path: str
    limit_bytes: int
    free_bytes: int
    num_models: int
    num_blocks: int
    num_tokens: int
    size_bytes: int


def list_shelves(root: Path) -> list[ShelfFacts]:
    """Return what is kept, the largest first."""
    blocks: defaultdict[str, list[BlockEntry]] = defaultdict(list)
    for block in blocks_in(root):
        blocks[block.namespace].append(block)
    found = [_facts(root / namespace, entries) for namespace, entries in blocks.items()]
    return sorted(found, key=lambda facts: (-facts.size_bytes, facts.model))


def sum_up(root: Path, limit_bytes: int) -> CacheFacts:
    """Return what is kept of all models together."""
    shelves = list_shelves(root)
    nearest = next(path for path in (root, *root.parents) if path.exists())
    return CacheFacts(
        path=str(root),
        limit_bytes=limit_bytes,
        free_bytes=shutil.disk_usage(nearest).free,
        num_models=len({shelf.model for shelf in shelves}),
        num_blocks=sum(shelf.num_blocks for shelf in shelves),
        num_tokens=sum(shelf.num_tokens for shelf in shelves),
        size_bytes=sum(shelf.size_bytes for shelf in shelves),
    )


def clear(root: Path, model: str | None = None) -> list[ShelfFacts]:
    """Remove what is kept; servers that run go on, and keep anew.

    Args:
        root: The folder.
        model: Only of this model; None: of all.

    Returns:
        What was removed.

    Raises:
        NotFound: Nothing is kept of the model.
    """
    shelves = list_shelves(root)
    if model is not None:
        chosen = [shelf for shelf in shelves if shelf.model.lower() == model.lower()]
        if not chosen:
            known = ", ".join(sorted({shelf.model for shelf in shelves})) or "no model"
            raise NotFound(
                f"Nothing is kept of {model!r}; there are blocks of {known}.",
                hint="`hearth cache list` shows what is kept.",
            )
        shelves = chosen
    leaving = {shelf.namespace for shelf in shelves}
    for block in blocks_in(root, tidy=True):
        if block.namespace in leaving:  # the folder stays for whoever writes into it now
            with suppress(FileNotFoundError):
                os.unlink(block.path)
    return shelves


def _facts(folder: Path, entries: list[BlockEntry]) -> ShelfFacts:
    about = _about(folder)
    names: tuple[str, ...] = ("kv_type", "layout", "rope")
    settings = {name: about[name] for name in names if name in about}
    return ShelfFacts(
        namespace=folder.name,
        model=str(about.get("name", UNKNOWN)),
        settings=settings,
        num_blocks=len(entries),
        num_tokens=sum(entry.name.count for entry in entries),
        size_bytes=sum(entry.size_bytes for entry in entries),
        last_used_at=datetime.fromtimestamp(max(entry.used_ns for entry in entries) / 1e9, UTC),
    )


def _about(folder: Path) -> dict[str, str | int]:
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}
