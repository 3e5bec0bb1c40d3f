"""`hearth doctor` and `hearth config`: the state of this machine, and the settings."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.config import Config

_MARKS = {"ok": "[green]✓[/]", "info": "[blue]·[/]", "warn": "[yellow]![/]", "bad": "[red]✗[/]"}


def doctor(*, as_json: AsJson = False) -> None:
    """Examine this machine and this installation; each finding names its cure.

    Exit status 1 means that something is broken.
    """
    from hearth.doctor import examine

    findings = examine(door.settings())
    if as_json:
        console.write_json(findings)
    else:
        shown = console.table("", "subject", "finding")
        for finding in findings:
            detail = console.literal(finding.detail)
            if finding.cure:
                detail += f"\n[bold]→ {console.literal(finding.cure)}[/bold]"
            shown.add_row(_MARKS[finding.state], console.literal(finding.subject), detail)
        console.out().print(shown)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def config(*, as_json: AsJson = False) -> None:
    """Show every setting: its value, where that comes from, and how to change it."""
    current = door.settings()
    rows = _rows(current)
    if as_json:
        console.write_json(rows)
        return
    shown = console.table("setting", "value", "from", "what it is")
    for row in rows:
        value = console.literal("—" if row["value"] is None else str(row["value"]))
        shown.add_row(row["name"], value, row["source"], console.literal(row["description"]))
    console.out().print(shown)
    console.note(
        f"\nChange one in {current.home / 'config.toml'} (name = value), or for one run with "
        "HEARTH_<NAME>=value."
    )


def _rows(current: Config) -> list[dict[str, Any]]:
    path = current.home / "config.toml"
    in_file = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    values = current.model_dump(mode="json")  # secrets come out masked
    return [
        {
            "name": name,
            "value": values[name],
            "source": _source(name, in_file),
            "variable": _variable(name),
            "description": field.description,
        }
        for name, field in type(current).model_fields.items()
    ]


def _source(name: str, in_file: dict[str, Any]) -> str:
    if _variable(name) in os.environ:
        return _variable(name)
    return "config.toml" if name in in_file else "default"


def _variable(name: str) -> str:
    return f"HEARTH_{name.upper()}"
