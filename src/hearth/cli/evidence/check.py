"""`hearth evidence verify`: is everything as it was written?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearth.cli import console
from hearth.cli.evidence.arguments import reading
from hearth.cli.options import AsJson
from hearth.errors import NotFound, StoreError


def verify_evidence(
    cards: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[CARD]...", help="Check these cards; default: the ledger."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check that no record was changed or left out; or that cards are what was exported.

    Exit status 1 where something is not as it was written.
    """
    if cards:
        _verify_cards(cards, as_json)
    else:
        _verify_ledger(as_json)


def _verify_ledger(as_json: bool) -> None:
    from hearth.measure.evidence.data import verification_data

    with reading() as ledger:
        found = ledger.verify()
    if as_json:
        console.write_json(verification_data(found))
    else:
        console.write(f"{found.num_records:,} records and {found.num_cards:,} cards\n")
        for problem in found.problems:
            where = f"record {problem.number}" if problem.number is not None else "the ledger"
            console.write(f"{where} {problem.digest[:12]}: {problem.what}\n")
    if not found.is_sound:
        raise StoreError(
            f"The ledger is not as it was written; problems found: {len(found.problems)}.",
            hint="Copies from before upgrades lie in `backups` beside the database; figures of the "
            "records named above prove nothing any more.",
        )
    if not as_json:
        console.write(f"All are as they were written. The chain ends with {found.end}\n")


def _verify_cards(paths: list[Path], as_json: bool) -> None:
    from hearth.measure.evidence.cards import load_card

    checked = []
    with reading() as ledger:
        for path in paths:
            card = load_card(path)
            try:
                ledger.get(card.record.digest)
                known = True
            except NotFound:
                known = False
            checked.append({"file": path, "digest": card.record.digest, "in_this_ledger": known})
    if as_json:
        console.write_json(checked)
        return
    for one in checked:
        here = "and it stands in this ledger" if one["in_this_ledger"] else "not in this ledger"
        console.write(f"{one['file']}: as it was exported, digest {one['digest']}, {here}\n")
