"""A bar on stderr for work that goes through a known number of bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from hearth.cli import console


@contextmanager
def byte_bar(label: str, total_bytes: int) -> Generator[Callable[[int], None], None, None]:
    """Show how far some work is, on a terminal; yield what to tell about each piece of it.

    Args:
        label: What is done, as a word.
        total_bytes: Bytes of all of it.
    """
    if not sys.stderr.isatty():
        yield lambda num_bytes: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as RateColumn

    columns = (BarColumn(), DownloadColumn(binary_units=True), RateColumn(), TimeRemainingColumn())
    text = TextColumn("{task.description}")
    with Progress(text, *columns, console=console.err(), transient=True) as bar:
        task = bar.add_task(console.literal(label), total=total_bytes)
        yield lambda num_bytes: bar.advance(task, num_bytes)
