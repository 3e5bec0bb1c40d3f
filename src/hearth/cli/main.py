"""The console script: expands the short form, runs the command, and reports what went wrong.

Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted with Ctrl-C. This is the one place
where an error becomes text on stderr. Commands import what they need when they run, so that
`hearth --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer

from hearth.cli import console
from hearth.cli.app import app, command_names
from hearth.cli.shortform import expand
from hearth.errors import HearthError

FAILED = 1
INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command that was typed and end the process with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a stand-in, not a traceback.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        status = app(expand(arguments, command_names()), prog_name="hearth", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except HearthError as error:
        console.report(error.message, error.hint)
        return error.exit_code
    except typer.TyperException as error:
        console.report(error.format_message(), _usage_hint(error))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        return _report_bug(error)


def _usage_hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "hearth"
    return f"See `{command} --help`."


def _report_bug(error: Exception) -> int:
    if os.environ.get("HEARTH_DEBUG"):
        import traceback

        traceback.print_exc()
    console.report(
        f"Hearth failed in a way it does not know: {type(error).__name__}: {error}",
        "Set HEARTH_DEBUG=1 and try again to see where; `hearth doctor` may know why.",
    )
    return FAILED
