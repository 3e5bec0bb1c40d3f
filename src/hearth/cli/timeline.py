"""`hearth timeline`: who published what when, a column layout under each year."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.families import release_table
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from hearth.models.catalogue import Release

FACTS_UP_TO = 40  # rows that still read well as a table with every fact
MARKS = {"open": "●", "closed": "○", None: "·"}
COLOURS = (  # readable on dark and light grounds alike; further publishers have no colour
    "dark_orange", "dodger_blue2", "green4", "magenta", "dark_goldenrod", "dark_cyan", "red3",
    "medium_purple", "deep_pink3", "chartreuse4", "steel_blue", "indian_red",
)  # fmt: skip


def timeline(
    *,
    family: Annotated[str | None, typer.Option(help="Only this family.")] = None,
    publisher: Annotated[
        str | None, typer.Option(help="Only publishers with this in their name.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From this year, month or day on.", metavar="DATE")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Up to this year, month or day.", metavar="DATE")
    ] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Only models whose weights can be downloaded.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show who published which language model when, from the Transformer paper on."""
    from hearth.models.catalogue import select_releases

    rows = select_releases(
        family_name=family, publisher=publisher, since=since, until=until, open_only=open_only
    )
    if as_json:
        console.write_json([row.as_data() for row in rows])
        return
    out = console.out()
    if not rows:
        console.note("No release in the catalogue meets all of these conditions.")
    elif not out.is_terminal or len(rows) <= FACTS_UP_TO:
        release_table(rows, out.width)
    else:
        _draw_years(out, rows)


def _draw_years(out: Console, rows: Sequence[Release]) -> None:
    from rich.columns import Columns
    from rich.rule import Rule
    from rich.text import Text

    colours = _colours(rows)
    for year, group in groupby(rows, key=lambda row: row.date.year):
        of_year = list(group)
        out.print(Rule(Text(f"{year}  {len(of_year)}", style="bold"), align="left", style="dim"))
        cells = [_cell(row, colours.get(row.publisher, "")) for row in of_year]
        out.print(Columns(cells, equal=True, column_first=True, padding=(0, 2)))
        out.print()
    legend = Text("● open  ○ closed  · not stated  ", style="dim")
    for name, colour in colours.items():
        legend.append(f"  {name}", style=colour)
    out.print(legend)
    console.note(f"{len(rows)} releases. Fewer than {FACTS_UP_TO} are shown with their facts.")


def _cell(row: Release, colour: str) -> Text:
    from rich.text import Text

    cell = Text(no_wrap=True, overflow="ellipsis")
    cell.append(f"{str(row.date)[5:]:<5} ", style="dim")
    cell.append(f"{MARKS[row.weights]} {console.clean(row.name)}", style=colour)
    return cell


def _colours(rows: Sequence[Release]) -> dict[str, str]:
    """Return the colour of each publisher that has one; it is the same in every selection."""
    from hearth.models.catalogue import publishers

    here = {row.publisher for row in rows}
    ranked = zip(publishers(), COLOURS, strict=False)
    return {name: colour for name, colour in ranked if name in here}
