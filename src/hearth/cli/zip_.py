"""`hearth zip` and `hearth unzip`: compress text with a model, and undo it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, ModelOption
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.measure.zip import Zipped

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where the result goes.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")]


def zip_(
    file: Annotated[Path, typer.Argument(help="A text file of at most 16 MiB.")],
    *,
    model: ModelOption = None,
    output: Output = None,
    context: Annotated[int, typer.Option(help="Most tokens of a chunk.")] = 2048,
    lanes: Annotated[int, typer.Option(help="Chunks that are coded side by side.")] = 4,
    threads: Annotated[int | None, typer.Option(help="Threads that compute.")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compress a text with what a model expects: a demonstration, and no archiver.

    The file opens with nothing but the same model, the same build of the engine and this kind of
    machine, and about as slowly as the model writes. It is verified before it is written.
    """
    from hearth.config import ensure_home
    from hearth.measure.zip import SUFFIX, ZipOptions, zip_file

    config = door.settings()
    ensure_home(config)
    with _progress() as report:
        made = zip_file(
            file,
            output or file.with_name(file.name + SUFFIX),
            model or config.model,
            config,
            ZipOptions(context=context, lanes=lanes, threads=threads),
            replace=force,
            report=report,
        )
    if as_json:
        console.write_json(made)
    else:
        _draw(made)


def unzip(
    file: Annotated[Path, typer.Argument(help="A file that `hearth zip` made.")],
    *,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="The model that made it; default: as the file says."),
    ] = None,
    output: Output = None,
    force: Force = False,
) -> None:
    """Bring back what `hearth zip` compressed; anything else that could decode it is refused."""
    from hearth.config import ensure_home
    from hearth.measure.zip import SUFFIX, unzip_file

    if output is None and file.suffix != SUFFIX:
        raise InvalidRequest(
            f"{file.name} does not end in {SUFFIX}, so the name of the original is not known.",
            hint="Say where it goes: --output FILE.",
            param="output",
        )
    config = door.settings()
    ensure_home(config)
    target = output or file.with_suffix("")
    with _progress() as report:
        num_bytes = unzip_file(file, target, config, model, replace=force, report=report)
    console.write(f"{target}: {num_bytes:,} bytes\n")


def _draw(made: Zipped) -> None:
    out = console.out()
    shown = console.table("", ">bytes", ">bits per byte")
    rows: dict[str, int | None] = {"the original": made.num_bytes, **made.rivals}
    for name, size in rows.items():
        bits = "not installed" if size is None else f"{8 * size / max(1, made.num_bytes):.3f}"
        shown.add_row(name, "" if size is None else f"{size:,}", bits)
    shown.add_row("[bold]this file[/bold]", f"{made.zipped_bytes:,}", f"{made.bits_per_byte:.3f}")
    out.print(shown)
    header = made.zipped_bytes - made.payload_bytes
    out.print(f"{console.literal(str(made.target))}, of which the header has {header:,} bytes")
    if made.model_bytes < made.num_bytes:
        rest = made.num_bytes - made.model_bytes
        console.note(f"Note: {rest:,} bytes are no text of this model, or shorter without it.")
    console.note("Note: only this model, this build and this machine's kind can open it.")


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """Show how far the work is: a bar on a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda done, total, doing: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console.err(), transient=True) as shown:
        task = shown.add_task("", total=None)

        def report(done: int, total: int, doing: str) -> None:
            shown.update(task, description=doing, completed=done, total=total or None)

        yield report
