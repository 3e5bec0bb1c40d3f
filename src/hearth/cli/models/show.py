"""`hearth models show`: what a model is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hearth.cli import console, door
from hearth.cli.models.arguments import ModelName
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.models.gguf.info import ModelInfo
    from hearth.models.library import ModelEntry


def show_model(model: ModelName, *, as_json: AsJson = False) -> None:
    """Show what a model is: architecture, size, quantization, context, chat template."""
    from hearth.models.gguf.info import inspect
    from hearth.models.library import Library

    entry = Library(door.settings()).resolve(model)
    info = inspect(entry.path)
    if as_json:
        console.write_json({"entry": entry, "info": info})
    else:
        _draw(entry, info)


def _draw(entry: ModelEntry, info: ModelInfo) -> None:
    shown = console.table("", "")
    shown.show_header = False
    for label, value in _rows(entry, info):
        shown.add_row(label, console.literal(value))
    console.out().print(shown)
    for warning in info.warnings:
        console.note(f"Note: {warning}")
    if info.cannot_chat:
        console.note(f"Note: {info.cannot_chat}")


def _rows(entry: ModelEntry, info: ModelInfo) -> list[tuple[str, str]]:
    parameters = f"{info.num_parameters:,}"
    if info.active_parameters != info.num_parameters:
        parameters += f", {info.active_parameters:,} used per token"
    heads = f"{info.num_heads} heads of {info.key_length}, {info.num_kv_heads} for keys and values"
    return [
        ("name", entry.name),
        ("calls itself", info.name or "—"),
        ("file", str(entry.path)),
        ("source", entry.source),
        ("size", console.size(info.file_bytes)),
        ("architecture", info.architecture),
        ("parameters", parameters),
        ("quantization", f"{info.quantization}, {info.bits_per_weight:.2f} bits per weight"),
        ("context", f"{info.context_length:,} tokens as trained"),
        ("layers", f"{info.num_layers} of width {info.embedding_length:,}"),
        ("attention", heads),
        ("vocabulary", f"{info.vocab_size:,} tokens"),
        ("chat template", "its own" if info.chat_template else "none in the file"),
        ("licence", info.license or "not stated"),
    ]
