"""`hearth evidence export` and `import`: records as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.evidence.arguments import CardFile, RecordId, reading
from hearth.cli.options import AsJson
from hearth.errors import ModelNotFound


def export_record(
    record: RecordId,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Ends with .md, .svg or .json; default: Markdown to stdout."
        ),
    ] = None,
) -> None:
    """Write a record as a card that another Hearth can check and replay.

    Markdown and SVG are for people, and carry the JSON within. It holds no folders and no secrets.
    """
    from hearth.measure.evidence.cards import CardFormat, card_of, export_card, render_card

    with reading() as ledger:
        card = card_of(ledger, record)
    if file is None:
        console.write(render_card(card, CardFormat.MARKDOWN))
        return
    export_card(card, file)
    console.note(f"Written to {file}.")


def import_card(file: CardFile, *, as_json: AsJson = False) -> None:
    """Check a card from elsewhere and keep it beside the own records, to compare and replay it."""
    from hearth.measure.evidence import open_ledger
    from hearth.measure.evidence.cards import load_card
    from hearth.measure.evidence.data import record_data

    card = load_card(file)
    with open_ledger(door.settings()) as ledger:
        record, is_new = ledger.add_card(card.text, card.items)
    if as_json:
        console.write_json(record_data(record))
        return
    state = "imported" if is_new else "here already"
    console.write(f"evidence {record.id}: {record.kind} of {record.names}, {state}\n")
    _say_what_next(card.record.id)


def _say_what_next(record_id: str) -> None:
    from hearth.measure.evidence import find_subject

    with reading() as ledger:
        record = ledger.get(record_id)
    config = door.settings()
    for subject in record.subjects:
        try:
            if subject.digest:
                find_subject(config, subject)
        except ModelNotFound as missing:
            console.note(f"{missing.message} {missing.hint}")
            return
    console.note(f"`hearth evidence replay {record.id}` measures it on this machine.")
