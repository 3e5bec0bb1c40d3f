"""`hearth models tensors`: every tensor of a model, and what the numbers of one are like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.models.arguments import AnyModel
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from rich.text import Text

    from hearth.models.card import TensorEntry
    from hearth.models.inside.stats import Histogram, TensorStats
    from hearth.models.opening import OpenModel

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ROWS = 8


def show_tensors(
    model: AnyModel,
    *,
    stats: Annotated[
        str | None,
        typer.Option(
            "--stats", metavar="TENSOR", help="Read one tensor: range, spread, outliers, histogram."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="List every tensor; do not join layers that are alike.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List a model's tensors with shape, type and size; or look at the numbers of one."""
    from hearth.models.opening import open_model

    with open_model(model, door.settings()) as opened:
        if stats is not None:
            _show_stats(opened, stats, as_json)
        elif as_json:
            console.write_json(opened.card.tensors)
        else:
            _draw_list(opened, every)
        if opened.is_remote:
            console.note(f"Fetched {console.size(opened.fetched_bytes)} over the network.")


def _draw_list(opened: OpenModel, every: bool) -> None:
    from hearth.models.inside.layers import join_layers

    card = opened.card
    shown = console.table("tensor", "shape", "type", ">size", ">bits")
    groups = [(tensor.name, (tensor,)) for tensor in card.tensors]
    for name, tensors in groups if every else join_layers(card.tensors):
        first, size_bytes = tensors[0], sum(tensor.size_bytes for tensor in tensors)
        shown.add_row(
            console.literal(name),
            _shape(first),
            console.literal(first.type),
            console.size(size_bytes),
            _bits(first),
        )
    out = console.out()
    out.print(shown)
    total_bytes = sum(tensor.size_bytes for tensor in card.tensors)
    mean = f", {card.bits_per_weight:.2f} bits per weight" if card.bits_per_weight else ""
    out.print(f"{len(card.tensors)} tensors, {console.size(total_bytes)}{mean}")


def _shape(tensor: TensorEntry) -> str:
    return " x ".join(f"{size:,}" for size in tensor.shape) or "one number"


def _bits(tensor: TensorEntry) -> str:
    return f"{8 * tensor.size_bytes / tensor.num_weights:.4g}" if tensor.num_weights else "—"


def _show_stats(opened: OpenModel, name: str, as_json: bool) -> None:
    from hearth.models.inside.find import find_tensor
    from hearth.models.inside.stats import tensor_stats

    tensor = find_tensor(opened.card, name)
    found = tensor_stats(opened.files.source(tensor.file), tensor)
    if as_json:
        console.write_json(found)
        return
    out = console.out()
    size = console.size(found.size_bytes)
    out.print(f"[bold]{console.literal(found.name)}[/]  {_shape(tensor)}  {found.type}  {size}")
    out.print()
    out.print(_histogram(found.histogram))
    out.print()
    shown = console.table("", "")
    shown.show_header = False
    for label, value in _figures(found):
        shown.add_row(f"[dim]{label}[/]", value)
    out.print(shown)


def _figures(stats: TensorStats) -> list[tuple[str, str]]:
    part = stats.outliers / stats.num_elements if stats.num_elements else 0.0
    rows = [
        ("range", f"{stats.minimum:.6g} to {stats.maximum:.6g}"),
        ("mean", f"{stats.mean:.6g}"),
        ("standard deviation", f"{stats.std:.6g}"),
        ("mean magnitude", f"{stats.mean_magnitude:.6g}"),
        ("kurtosis", f"{stats.kurtosis:.2f} (normal: 0)"),
        ("beyond 6 deviations", f"{stats.outliers:,} of {stats.num_elements:,} ({part:.2g})"),
        ("exactly 0", f"{stats.num_zeros:,}"),
    ]
    if stats.num_nan or stats.num_infinite:
        rows.append(
            ("[red]no numbers[/]", f"{stats.num_nan:,} NaN, {stats.num_infinite:,} infinite")
        )
    return rows


def _histogram(histogram: Histogram) -> Text:
    """Draw the counts as columns, with the edges and what lies beyond them underneath."""
    from rich.text import Text

    drawn = Text()
    for line in columns(histogram.counts, _ROWS):
        drawn.append(f"{line}\n", style="cyan")
    low, high = f"{histogram.low:.4g}", f"{histogram.high:.4g}"
    width = len(histogram.counts)
    drawn.append(low + high.rjust(width - len(low)), style="dim")
    if histogram.below or histogram.above:
        beyond = f"\n← {histogram.below:,} below"
        drawn.append(beyond + f"{histogram.above:,} above →".rjust(width + 1 - len(beyond)), "dim")
    return drawn


def columns(counts: Sequence[int], num_rows: int) -> list[str]:
    """Return lines of block characters, the top one first; what is there is never drawn as none."""
    most = max(counts) or 1
    heights = [max(round(8 * num_rows * count / most), count > 0) for count in counts]
    return [
        "".join(_EIGHTHS[min(max(height - 8 * row, 0), 8)] for height in heights)
        for row in range(num_rows - 1, -1, -1)
    ]
