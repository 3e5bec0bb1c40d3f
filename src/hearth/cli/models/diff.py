"""`hearth models diff`: what a fine-tune, a quantization, a merge or an adapter changed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.models.arguments import AnyModel
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.models.inside.adapter import AdapterChange
    from hearth.models.inside.diff import ModelDiff
    from hearth.models.inside.tensor_diff import TensorChange

_MOST_ROWS = 25
_BAR_WIDTH = 20


def diff_models(
    before: AnyModel,
    after: AnyModel,
    *,
    headers: Annotated[
        bool, typer.Option("--headers", help="Compare names, types and shapes, but no weights.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="List every tensor, also those that are the same.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two models: metadata, and the weights with the relative error of each tensor.

    The second may be a LoRA adapter for the first. Of remote models only the headers are compared.
    """
    from hearth.models.inside.adapter import adapter_changes
    from hearth.models.inside.diff import compare
    from hearth.models.opening import open_model

    config = door.settings()
    with open_model(before, config) as old, open_model(after, config) as new:
        if new.card.kind == "adapter" and old.card.kind != "adapter":
            _show_adapter(adapter_changes(old, new), as_json)
            return
        is_remote = old.is_remote or new.is_remote
        with _progress() as report:
            found = compare(old, new, weights=not (headers or is_remote), on_progress=report)
    if as_json:
        console.write_json(found)
        return
    _draw(found, every)
    if is_remote:
        console.note("Only the headers were compared: a model lies on a server.")


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    if not sys.stderr.isatty():
        yield lambda part: None
        return
    with console.err().status("Comparing") as shown:
        yield lambda part: shown.update(f"Comparing: {part:.0%}")


def _draw(diff: ModelDiff, every: bool) -> None:
    out = console.out()
    out.print(f"[bold]{console.literal(diff.before)}[/]  →  [bold]{console.literal(diff.after)}[/]")
    for sentence in diff.verdict:
        out.print(f"  {console.literal(sentence)}")
    if diff.metadata:
        out.print()
        shown = console.table("metadata", "before", "after")
        for change in diff.metadata:
            old, new = (console.literal(each or "—") for each in (change.before, change.after))
            shown.add_row(console.literal(change.key), f"[red]{old}[/]", f"[green]{new}[/]")
        out.print(shown)
    rows = [each for each in diff.tensors if every or each.state != "same"]
    if rows:
        out.print()
        _draw_tensors(rows, every)
    counts = Counter(each.state for each in diff.tensors)
    out.print()
    out.print(", ".join(f"{count} {state}" for state, count in counts.most_common()))


def _draw_tensors(rows: Sequence[TensorChange], every: bool) -> None:
    shown = console.table("tensor", "what", ">relative error", "", ">cosine", "")
    ordered = rows if every else sorted(rows, key=lambda each: -(each.relative_error or 0.0))
    largest = max((each.relative_error or 0.0 for each in rows), default=0.0) or 1.0
    listed = ordered if every else ordered[:_MOST_ROWS]
    for each in listed:
        error = each.relative_error
        bar = "█" * round(_BAR_WIDTH * error / largest) if error else ""
        shown.add_row(
            console.literal(each.name),
            _what(each),
            "—" if error is None else f"{error:.4%}",
            f"[cyan]{bar}[/]",
            "—" if each.cosine is None else f"{each.cosine:.6f}",
            f"[dim]{console.literal(each.note or '')}[/]",
        )
    console.out().print(shown)
    if len(listed) < len(ordered):
        console.note(f"... and {len(ordered) - len(listed)} more; --all lists them.")


def _what(change: TensorChange) -> str:
    if change.state == "reshaped":
        return f"{_shape(change.shape_before)} → {_shape(change.shape_after)}"
    if change.state in ("changed", "unknown") and change.type_before != change.type_after:
        return console.literal(f"{change.type_before} → {change.type_after}")
    return {"same": "same", "changed": "changed", "unknown": "not compared"}.get(
        change.state, f"[yellow]{change.state}[/]"
    )


def _shape(shape: tuple[int, ...] | None) -> str:
    return " x ".join(map(str, shape or ()))


def _show_adapter(changes: Sequence[AdapterChange], as_json: bool) -> None:
    if as_json:
        console.write_json({"adapter": changes})
        return
    shown = console.table("tensor", ">rank", ">relative change", "")
    largest = max((each.relative_change or 0.0 for each in changes), default=0.0) or 1.0
    for each in changes:
        change = each.relative_change
        bar = "█" * round(_BAR_WIDTH * change / largest) if change else ""
        size = "—" if change is None else f"{change:.4%}"
        shown.add_row(console.literal(each.name), str(each.rank), size, f"[cyan]{bar}[/]")
    out = console.out()
    out.print(shown)
    count = "1 tensor" if len(changes) == 1 else f"{len(changes)} tensors"
    out.print(f"The adapter fits, and changes {count}.")
