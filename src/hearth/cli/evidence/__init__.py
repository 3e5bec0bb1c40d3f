"""`hearth evidence`: what was measured here; show it, compare it, check it, run it again."""

from __future__ import annotations

import typer

from hearth.cli.evidence.cards import export_record, import_card
from hearth.cli.evidence.check import verify_evidence
from hearth.cli.evidence.compare import diff_records, replay_record
from hearth.cli.evidence.show import list_records, show_record

app = typer.Typer(help="Show, check, compare and replay measurements.", no_args_is_help=False)


@app.callback(invoke_without_command=True)
def evidence(context: typer.Context) -> None:
    """Show, check, compare and replay measurements; without a subcommand, list them."""
    if context.invoked_subcommand is None:
        list_records()


app.command("list")(list_records)
app.command("show")(show_record)
app.command("diff")(diff_records)
app.command("replay")(replay_record)
app.command("verify")(verify_evidence)
app.command("export")(export_record)
app.command("import")(import_card)
