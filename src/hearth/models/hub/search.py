"""What to look for on the hub, and what is found; nothing of a hit is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

MAX_HITS = 200
EXPANDED = ("downloads", "likes", "lastModified", "gated", "pipeline_tag", "tags", "gguf")

Sort = Literal["trending_score", "downloads", "likes", "last_modified", "created_at"]

_KNOWN_FORMATS = ("gguf", "safetensors", "onnx", "mlx", "gptq", "awq", "exl2", "exl3", "pytorch")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """What to look for.

    Args:
        words: Part of the repository's name.
        author: Person or organization that published it.
        format: "gguf", "safetensors", "onnx", "mlx" and the like, as the hub tags them.
        license: The hub's name of a licence, such as "apache-2.0".
        task: The hub's name of a task, such as "text-generation".
        min_parameters: Fewest parameters, as "7B" or "500M".
        max_parameters: Most parameters.
        gated: Only those that ask for terms to be accepted, or only those that do not.
        sort: What comes first.
        limit: Most hits, 1 to 200.
    """

    words: str = ""
    author: str | None = None
    format: str | None = None
    license: str | None = None
    task: str | None = None
    min_parameters: str | None = None
    max_parameters: str | None = None
    gated: bool | None = None
    sort: Sort = "trending_score"
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """One repository that was found; `reference` is what `show` and `pull` take."""

    repo: str
    reference: str
    downloads: int | None
    likes: int | None
    updated_at: datetime | None
    gated: bool
    task: str | None
    license: str | None
    formats: tuple[str, ...]
    num_parameters: int | None
    architecture: str | None
    context_length: int | None


def parameters_of(wanted: SearchFilter) -> dict[str, Any]:
    """Return a search as arguments of `HfApi.list_models`."""
    tags = [wanted.format] if wanted.format else []
    tags += [f"license:{wanted.license}"] if wanted.license else []
    return {
        "search": wanted.words or None,
        "author": wanted.author,
        "filter": tags or None,
        "pipeline_tag": wanted.task,
        "num_parameters": _parameter_range(wanted),
        "gated": wanted.gated,
        "sort": wanted.sort,
        "limit": wanted.limit,
        "expand": list(EXPANDED),
    }


def to_hit(info: ModelInfo) -> SearchHit:
    """Return one result of the hub's."""
    tags = info.tags or []
    header = info.gguf if isinstance(info.gguf, dict) else {}
    parameters = header.get("total")
    context = header.get("context_length")
    architecture = header.get("architecture")
    licenses = [tag.partition(":")[2] for tag in tags if tag.startswith("license:")]
    return SearchHit(
        repo=info.id,
        reference=f"hf:{info.id}",
        downloads=info.downloads,
        likes=info.likes,
        updated_at=info.last_modified,
        gated=bool(info.gated),
        task=info.pipeline_tag,
        license=licenses[0] if licenses else None,
        formats=tuple(name for name in _KNOWN_FORMATS if name in tags),
        num_parameters=parameters if isinstance(parameters, int) else None,
        architecture=architecture if isinstance(architecture, str) else None,
        context_length=context if isinstance(context, int) else None,
    )


def _parameter_range(wanted: SearchFilter) -> str | None:
    bounds = [
        f"{side}:{value}"
        for side, value in (("min", wanted.min_parameters), ("max", wanted.max_parameters))
        if value
    ]
    return ",".join(bounds) or None
