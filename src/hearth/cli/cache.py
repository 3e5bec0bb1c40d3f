"""`hearth cache`: what the prefix cache keeps on disk of prompts that were computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.engine.prefixes.inventory import ShelfFacts

app = typer.Typer(
    help="Show and clear what is kept of prompts that were computed.", no_args_is_help=True
)


@app.command("list")
def list_cache(*, as_json: AsJson = False) -> None:
    """List what is kept on disk, by model and by how it was loaded."""
    from hearth.engine.prefixes.inventory import list_shelves

    found = list_shelves(door.settings().prefixes_dir)
    if as_json:
        console.write_json(found)
        return
    if not found:
        console.note("Nothing is kept. A prompt is kept once it was answered.")
        return
    shown = console.table("model", "loaded with", ">blocks", ">tokens", ">size", "last used")
    for shelf in found:
        shown.add_row(
            console.literal(shelf.model),
            console.literal(_settings(shelf)),
            f"{shelf.num_blocks:,}",
            f"{shelf.num_tokens:,}",
            console.size(shelf.size_bytes),
            f"{shelf.last_used_at.astimezone():%Y-%m-%d %H:%M}",
        )
    console.out().print(shown)


@app.command("clear")
def clear_cache(
    model: Annotated[
        str | None, typer.Argument(help="Only of this model, as `hearth cache list` names it.")
    ] = None,
) -> None:
    """Remove what is kept on disk; what running models have in memory stays there."""
    from hearth.engine.prefixes.inventory import clear

    removed = clear(door.settings().prefixes_dir, model)
    size_bytes = sum(shelf.size_bytes for shelf in removed)
    num_blocks = sum(shelf.num_blocks for shelf in removed)
    blocks = "block is" if num_blocks == 1 else "blocks are"
    console.note(f"{num_blocks:,} {blocks} removed, {console.size(size_bytes)}.")


@app.command("stats")
def cache_stats(*, as_json: AsJson = False) -> None:
    """Show how much is kept on disk, how much may be, and what it has saved."""
    from hearth.engine.prefixes.inventory import sum_up

    config = door.settings()
    facts = sum_up(config.prefixes_dir, int(config.prefix_cache_gb * 1e9))
    restored: dict[str, int] = {}

    async def ask() -> None:
        if await door.has_server(config):
            async with door.engine(config) as engine:
                restored.update(
                    {status.name: status.restored_tokens for status in await engine.status()}
                )

    door.run(ask())
    if as_json:
        kept = {name: getattr(facts, name) for name in facts.__dataclass_fields__}
        console.write_json({"mode": config.prefix_cache, **kept, "restored_tokens": restored})
        return
    shown = console.table("", "")
    shown.add_row("kept", _mode(config.prefix_cache))
    shown.add_row("folder", console.literal(facts.path))
    used, limit = console.size(facts.size_bytes), console.size(facts.limit_bytes)
    shown.add_row("size", f"{used} of {limit}; {console.size(facts.free_bytes)} are free")
    models = f"{facts.num_models} model" + ("s" if facts.num_models != 1 else "")
    shown.add_row("blocks", f"{facts.num_blocks:,} with {facts.num_tokens:,} tokens, of {models}")
    for name, tokens in restored.items():
        shown.add_row("restored", f"{tokens:,} tokens since {console.literal(name)} was loaded")
    console.out().print(shown)


def _settings(shelf: ShelfFacts) -> str:
    return ", ".join(f"{name} {value}" for name, value in shelf.settings.items())


def _mode(mode: str) -> str:
    return {"disk": "in memory and on disk", "memory": "in memory only", "off": "nowhere"}[mode]
