"""The command line: Typer, one file per noun group. No logic lives here."""
