"""What the commands of `hearth evidence` have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import door

if TYPE_CHECKING:
    from hearth.measure.evidence import Ledger

RecordId = Annotated[
    str, typer.Argument(help="The id of a record, or the beginning of one.", metavar="ID")
]
CardFile = Annotated[
    Path, typer.Argument(help="A card: Markdown, SVG or JSON that `export` wrote.", metavar="FILE")
]


@contextmanager
def reading() -> Iterator[Ledger]:
    """Open the ledger, also on a full disk: nothing is going to be added."""
    from contextlib import closing

    from hearth.config import ensure_home
    from hearth.measure.evidence import Ledger
    from hearth.store.database import open_database

    config = door.settings()
    ensure_home(config)
    with closing(open_database(config)) as database:
        yield Ledger(database)
