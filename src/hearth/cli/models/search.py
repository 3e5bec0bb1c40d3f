"""`hearth models search`: find models on the hub; nothing of what is found is downloaded."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.models.hub import SearchHit


class Order(StrEnum):
    """What comes first."""

    TRENDING = "trending"
    DOWNLOADS = "downloads"
    LIKES = "likes"
    UPDATED = "updated"
    CREATED = "created"


_SORTS = {
    Order.TRENDING: "trending_score",
    Order.DOWNLOADS: "downloads",
    Order.LIKES: "likes",
    Order.UPDATED: "last_modified",
    Order.CREATED: "created_at",
}


def search_models(
    words: Annotated[
        list[str] | None, typer.Argument(help="Part of a model's name.", metavar="[WORDS]...")
    ] = None,
    *,
    author: Annotated[str | None, typer.Option(help="Who published it.")] = None,
    format: Annotated[
        str | None, typer.Option(help="Format: gguf, safetensors, onnx, mlx, gptq, awq.")
    ] = None,
    license: Annotated[
        str | None, typer.Option(help="Licence, as the hub names it: apache-2.0, mit.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Task, as the hub names it: text-generation.")
    ] = None,
    min_parameters: Annotated[
        str | None, typer.Option(help="Fewest parameters: 500M, 7B.", metavar="SIZE")
    ] = None,
    max_parameters: Annotated[
        str | None, typer.Option(help="Most parameters: 500M, 7B.", metavar="SIZE")
    ] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Leave out those that ask for terms to be accepted.")
    ] = False,
    sort: Annotated[Order, typer.Option(help="What comes first.")] = Order.TRENDING,
    limit: Annotated[int, typer.Option(help="Most models to list, 1 to 200.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Find models on the hub; `hearth models show hf:NAME` shows one without fetching it."""
    from hearth.models.hub import Hub, SearchFilter, hub_settings

    wanted = SearchFilter(
        words=" ".join(words or []),
        author=author,
        format=format,
        license=license,
        task=task,
        min_parameters=min_parameters,
        max_parameters=max_parameters,
        gated=False if open_only else None,
        sort=_SORTS[sort],  # type: ignore[arg-type]
        limit=limit,
    )
    hits = Hub(hub_settings()).search(wanted)
    if as_json:
        console.write_json(hits)
    elif hits:
        _draw(hits)
    else:
        console.note("The hub has no such model. Fewer words or filters find more.")


def _draw(hits: list[SearchHit]) -> None:
    shown = console.table(
        "reference", "formats", ">parameters", ">context", "licence", ">downloads", "updated", ""
    )
    for hit in hits:
        shown.add_row(
            console.literal(hit.reference),
            " ".join(hit.formats),
            _count(hit.num_parameters),
            f"{hit.context_length:,}" if hit.context_length else "",
            console.literal(hit.license or ""),
            f"{hit.downloads:,}" if hit.downloads is not None else "",
            f"{hit.updated_at:%Y-%m-%d}" if hit.updated_at else "",
            "asks for terms" if hit.gated else "",
        )
    console.out().print(shown)


def _count(num: int | None) -> str:
    if num is None:
        return ""
    return f"{num / 1e9:.1f}B" if num >= 1e9 else f"{num / 1e6:.0f}M"
