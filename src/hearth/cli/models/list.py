"""`hearth models list`: the models that are here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hearth.cli import console, door
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.models.library import Library, ModelEntry


def list_models(*, as_json: AsJson = False) -> None:
    """List the models that are here, in Hearth's folder, in yours and in other programs' stores."""
    from hearth.models.library import Library

    config = door.settings()
    entries = _examined(Library(config))
    if as_json:
        console.write_json(entries)
        return
    if not entries:
        console.note(f"No model is here yet. Put GGUF files into {config.models_dir}.")
        return
    shown = console.table("name", ">size", "quant", ">context", "lies in", "last used")
    for entry in entries:
        context = f"{entry.context_length:,}" if entry.context_length else "—"
        shown.add_row(
            console.literal(entry.name),
            console.size(entry.size_bytes),
            console.literal(entry.quantization or "—"),
            context,
            _places(entry),
            _ago(entry.last_used_s),
        )
    console.out().print(shown)
    for entry in entries:
        if entry.problem is not None:
            console.note(f"Note: {entry.name}: {entry.problem}")


def _examined(library: Library) -> list[ModelEntry]:
    """Read the headers of new models, saying on a terminal how many there are."""
    if not sys.stderr.isatty():
        return library.refresh()
    with console.err().status("Reading new models") as shown:
        return library.refresh(
            lambda number, total: shown.update(f"Reading new models: {number} of {total}")
        )


def _places(entry: ModelEntry) -> str:
    return ", ".join(dict.fromkeys(str(location.source) for location in entry.locations))


def _ago(moment_s: float | None) -> str:
    import time

    if moment_s is None:
        return "never"
    age_s = max(0.0, time.time() - moment_s)
    for name, length_s in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if age_s >= length_s:
            number = int(age_s // length_s)
            return f"{number} {name}{'s' if number > 1 else ''} ago"
    return "just now"
