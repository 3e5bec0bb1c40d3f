"""`hearth path`: ways through the guide, and how far one is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.guide.paths import PathProgress, Progress

PathName = Annotated[
    str | None,
    typer.Argument(metavar="[PATH]", help="A path to go, such as `faster`; default: list all."),
]
Done = Annotated[
    str | None, typer.Option("--done", metavar="STEP", help="Note a step, by number or name.")
]
Undo = Annotated[
    str | None, typer.Option("--undo", metavar="STEP", help="Take that back for a step.")
]
Restart = Annotated[bool, typer.Option("--restart", help="Take it back for all of its steps.")]


def path(
    name: PathName = None,
    *,
    done: Done = None,
    undo: Undo = None,
    restart: Restart = False,
    as_json: AsJson = False,
) -> None:
    """Go a path through the guide: what to read, look at and type, step by step.

    Which steps are done is kept, for the page in the browser as well.
    """
    from hearth.guide.paths.progress import open_progress

    changes = sum((done is not None, undo is not None, restart))
    if changes > 1 or (changes and name is None):
        raise InvalidRequest(
            "--done, --undo and --restart each change one path, one at a time.",
            hint="For example `hearth path faster --done 1`.",
        )
    with open_progress(door.settings()) as progress:
        if name is None:
            _show_all(progress.all(), as_json)
            return
        _show(_changed(progress, name, done, undo, restart), as_json)


def _changed(
    progress: Progress, name: str, done: str | None, undo: str | None, restart: bool
) -> PathProgress:
    if done is not None:
        return progress.mark(name, done)
    if undo is not None:
        return progress.unmark(name, undo)
    return progress.restart(name) if restart else progress.of(name)


def _show_all(found: tuple[PathProgress, ...], as_json: bool) -> None:
    if as_json:
        console.write_json([each.as_data() for each in found])
        return
    shown = console.table("path", "", ">done", "where it leads")
    for each in found:
        count = f"{len(each.done)}/{len(each.path.steps)}"
        shown.add_row(each.path.id, each.path.title, count, each.path.promise)
    console.out().print(shown)
    console.note("`hearth path PATH` shows the steps of one.")


def _show(found: PathProgress, as_json: bool) -> None:
    if as_json:
        console.write_json(found.as_data())
        return
    out = console.out()
    out.print(f"[bold]{console.literal(found.path.title)}[/bold]")
    out.print(f"{console.literal(found.path.promise)}\n")
    for number, step in enumerate(found.path.steps, start=1):
        is_done, is_next = step.id in found.done, step == found.next_step
        mark = "[green]✓[/]" if is_done else "[bold]→[/]" if is_next else " "
        out.print(f"{mark} {number}. [bold]{console.literal(step.title)}[/bold]  [dim]{step.id}[/]")
        if is_done:
            continue
        out.print(f"     {console.literal(step.do)}")
        demo = [f"hearth guide {step.demonstration} --demo"] if step.demonstration else []
        for line in (f"hearth guide {step.topic}", *demo, *step.commands):
            out.print(f"       [cyan]{console.literal(line)}[/]")
    _tell_next(found)


def _tell_next(found: PathProgress) -> None:
    if found.next_step is None:
        console.note("All steps are done. `hearth path` shows the other paths.")
        return
    number = found.path.steps.index(found.next_step) + 1
    console.note(f"When it is done: `hearth path {found.path.id} --done {number}`.")
