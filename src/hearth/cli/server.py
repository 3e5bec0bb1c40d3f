"""`hearth up` and `hearth serve`: the server, with and without the web page."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from hearth.cli import door

Host = Annotated[str | None, typer.Option(help="Address to bind to; default: the setting `host`.")]
Port = Annotated[int | None, typer.Option(help="Port; default: the setting `port`.")]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="Model to use when none is named.")
]


def up(
    *,
    host: Host = None,
    port: Port = None,
    model: Model = None,
    browser: Annotated[
        bool | None,
        typer.Option("--browser/--no-browser", help="Open the page; default: with a display."),
    ] = None,
) -> None:
    """Start the server with the web page, and open it in a browser where there is a display."""
    from hearth.house import run

    opens = has_display() if browser is None else browser
    run(door.settings(host=host, port=port, model=model), web=True, open_browser=opens)


def serve(*, host: Host = None, port: Port = None, model: Model = None) -> None:
    """Start the server without the web page."""
    from hearth.house import run

    run(door.settings(host=host, port=port, model=model), web=False, open_browser=False)


def has_display() -> bool:
    """Return whether a browser that is opened here would be seen by the person who typed."""
    if "SSH_CONNECTION" in os.environ:
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
