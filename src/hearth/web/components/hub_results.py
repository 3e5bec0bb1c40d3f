"""What the hub has: hits of a search, and what can be downloaded of each, with its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from hearth.errors import HearthError
from hearth.models.gguf.parts import is_later_part
from hearth.models.hub import HubFile, HubRepo, SearchHit
from hearth.models.pull.choose import choose_files
from hearth.models.sources.quant import GGUF_SUFFIX, quant_label
from hearth.web import figures
from hearth.web.components.model_table import model_path
from hearth.web.parts import part

HIT_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that can be downloaded: one quantization, or the whole of a repository.

    Args:
        reference: What a pull of it takes.
        word: Quantization, or the format.
        num_files: Files that belong to it.
        sha256: What it hashes to, where it is one file.
        best: Whether it is what a pull of the repository takes by itself.
    """

    reference: str
    word: str
    size_bytes: int
    num_files: int
    sha256: str | None
    best: bool


def offers_of(repo: HubRepo) -> list[Offer]:
    """Return what can be downloaded of a repository, the smallest first.

    Raises:
        HearthError: It has nothing that Hearth downloads; the reason is told.
    """
    names = [file.name for file in repo.files if file.name.lower().endswith(GGUF_SUFFIX)]
    if not names:
        whole = choose_files(repo, None)
        return [_offer(repo, f"hf:{repo.repo}", "safetensors", whole.files, best=True)]
    best = _best_of(repo)
    found = []
    for name in names:
        if is_later_part(Path(name)):
            continue
        try:
            files = choose_files(repo, name).files
        except HearthError:
            continue  # parts of it are missing, or it has a name that no file may have here
        word = quant_label(name) or Path(name).stem
        found.append(_offer(repo, f"hf:{repo.repo}:{name}", word, files, best=name == best))
    return sorted(found, key=lambda offer: offer.size_bytes)


def draw_hit(
    hit: SearchHit,
    *,
    opened: bool,
    offers: Sequence[Offer] | None,
    error: HearthError | None,
    pulling: frozenset[str],
    here: Mapping[str, str],
    free_bytes: int | None,
) -> Markup:
    """Return one hit of a search.

    Args:
        hit: What the search told of it.
        opened: Whether its files are shown.
        offers: Its files; None while they are asked for.
        error: Why its files are not known.
        pulling: References that are being downloaded now.
        here: Names of the models on this computer by their SHA-256.
        free_bytes: Memory that a model could take.
    """
    owner, _, name = hit.repo.partition("/")
    return part(
        "hub_hit",
        hit=hit,
        owner=owner,
        name=name,
        facts=hit_facts(hit),
        popularity=_popularity(hit),
        opened=opened,
        offers=offers,
        error=error,
        pulling=pulling,
        here={sha256: (name, model_path(name)) for sha256, name in here.items()},
        free_bytes=free_bytes,
    )


def hit_facts(hit: SearchHit) -> list[str]:
    """Return the few words that say what a hit is."""
    words = [
        f"{figures.parameters(hit.num_parameters)} parameters" if hit.num_parameters else None,
        hit.architecture,
        f"context {hit.context_length:,}" if hit.context_length else None,
        hit.license,
    ]
    return [word for word in words if word]


def _popularity(hit: SearchHit) -> list[str]:
    words = []
    if hit.downloads is not None:
        words.append(f"{figures.short_count(hit.downloads)} downloads")
    if hit.updated_at is not None:
        words.append(figures.since(hit.updated_at, datetime.now().astimezone()))
    return words


def _best_of(repo: HubRepo) -> str | None:
    try:
        return choose_files(repo, None).opens
    except HearthError:  # several would do equally well
        return None


def _offer(
    repo: HubRepo, reference: str, word: str, files: Sequence[HubFile], *, best: bool
) -> Offer:
    return Offer(
        reference=reference if repo.revision == "main" else f"{reference}@{repo.revision}",
        word=word,
        size_bytes=sum(file.size_bytes for file in files),
        num_files=len(files),
        sha256=files[0].sha256 if len(files) == 1 else None,
        best=best,
    )
