"""`hearth models show`: the card of a model, here or far away, in any format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hearth.cli import console, door
from hearth.cli.models.arguments import AnyModel
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from hearth.models.card import ModelCard
    from hearth.models.opening import OpenModel

BAR_COLUMNS = 48
# Light to dark, so that the bar can be read without colours, too.
_SHADES = ("█", "▓", "▒", "░")
_COLOURS = ("cyan", "blue", "magenta", "bright_black")
_TITLES = {
    "gguf": "GGUF",
    "safetensors": "safetensors",
    "pytorch": "PyTorch pickle",
    "torchscript": "TorchScript",
    "pickle": "Python pickle",
    "onnx": "ONNX",
    "peft": "PEFT",
    "mlx": "MLX",
}


def show_model(model: AnyModel, *, as_json: AsJson = False) -> None:
    """Show what a model is: architecture, size, quantization, context, template, lineage, licence.

    Of a model on a server, only the headers of its files travel.
    """
    from hearth.models.opening import open_model

    with open_model(model, door.settings()) as opened:
        if as_json:
            console.write_json(_data(opened))
        else:
            _draw(opened)


def _data(opened: OpenModel) -> dict[str, object]:
    from hearth.models.catalogue import family_of

    family = family_of(opened.card)
    return {
        "where": opened.files.where,
        "entry": opened.entry,
        "card": opened.card.as_data(),
        "family": family.id if family else None,
        "reason": opened.reason,
        "fetched_bytes": opened.fetched_bytes if opened.is_remote else 0,
    }


def _draw(opened: OpenModel) -> None:
    from rich.panel import Panel

    out = console.out()
    body = _card(opened)
    title = console.literal(opened.card.name)
    if out.is_terminal:
        framed = Panel(body, title=f"[bold]{title}[/]", title_align="left", padding=(1, 2))
        out.print(framed)
    else:
        out.print(f"{title}\n", body, sep="")
    for danger in opened.card.dangers:
        console.note(f"Danger: {danger}.")
    for warning in opened.card.warnings:
        console.note(f"Note: {warning}.")
    if opened.reason:
        console.note(f"Note: {opened.reason}")
    if opened.is_remote:
        console.note(
            f"Read {console.size(opened.fetched_bytes)} of "
            f"{console.size(opened.card.size_bytes)} over the network."
        )


def _card(opened: OpenModel) -> Group:
    from rich.console import Group
    from rich.text import Text

    from hearth.cli.models.card_rows import identity_rows, network_rows, storage_rows

    card = opened.card
    parts: list[Table | Text] = [
        Text(_headline(card), style="bold cyan"),
        Text(_where(opened), style="dim", overflow="fold"),
        Text(),
        _rows([*network_rows(card), *storage_rows(card)]),
    ]
    if card.bytes_by_type:
        parts += [Text(), _bar(card), _legend(card)]
    family = _family_rows(card)
    if told := [*family, *identity_rows(card)]:
        parts += [Text(), _rows(told)]
    return Group(*parts, Text(), _verdict(card))


def _headline(card: ModelCard) -> str:
    form = _TITLES.get(card.format, card.format.upper() if len(card.format) <= 5 else card.format)
    return f"{form} {card.kind} · {console.size(card.size_bytes)}"


def _where(opened: OpenModel) -> str:
    from pathlib import Path

    if opened.entry is not None:
        return console.clean(f"{opened.entry.path} ({opened.entry.source})")
    where = opened.files.where
    return console.clean(where if opened.is_remote else str(Path(where).absolute()))


def _family_rows(card: ModelCard) -> list[tuple[str, str]]:
    from hearth.models.catalogue import match_family

    match = match_family(card)
    if match is None:
        return []
    family = match.family
    return [("family", f"{family.name} of {family.publisher} ({match.sure}: {match.reason})")]


def _rows(rows: Iterable[tuple[str, str]]) -> Table:
    from rich.table import Table

    shown = Table.grid(padding=(0, 2, 0, 0))
    shown.add_column(style="dim", no_wrap=True, min_width=13)
    shown.add_column(overflow="fold")
    for label, value in rows:
        shown.add_row(label, console.literal(value))
    return shown


def _bar(card: ModelCard) -> Text:
    """Draw how many bytes each type takes."""
    from rich.text import Text

    bar = Text()
    for (_, part), shade, colour in zip(_shares(card), _SHADES, _COLOURS, strict=False):
        bar.append(shade * max(round(part * BAR_COLUMNS), 1), style=colour)
    return bar


def _legend(card: ModelCard) -> Text:
    from rich.text import Text

    legend = Text()
    for (name, part), shade, colour in zip(_shares(card), _SHADES, _COLOURS, strict=False):
        legend.append(shade, style=colour)
        legend.append(f" {name} {'under 1%' if part < 0.01 else f'{part:.0%}'}   ")
    return legend


def _shares(card: ModelCard) -> list[tuple[str, float]]:
    """Return each type's part of the bytes; those that have no shade of their own as one."""
    total = sum(card.bytes_by_type.values()) or 1
    parts = [(console.clean(name), size / total) for name, size in card.bytes_by_type.items()]
    if len(parts) <= len(_SHADES):
        return parts
    kept = parts[: len(_SHADES) - 1]
    return [*kept, ("others", 1 - sum(part for _, part in kept))]


def _verdict(card: ModelCard) -> Table:
    """Say what runs it, which is what most people came for."""
    if card.runs_here is not None:
        return _rows([("runs here", f"yes, with {card.runs_here}")])
    rows = []
    if card.if_not is not None:
        rows.append(("runs here", f"no: {card.if_not.reason}"))
        if card.if_not.runs_with:
            rows.append(("what runs it", card.if_not.runs_with))
        if card.if_not.convert:
            rows.append(("to run it here", card.if_not.convert))
    return _rows(rows)
