"""Measuring as a job: it tells what is measured, and stops when it is told to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hearth.errors import RequestAborted
from hearth.jobs.measuring import measuring_work
from support.live import make_config


def test_a_stopped_measurement_ends_before_it_measures_more(tmp_path: Path) -> None:
    cancelled = threading.Event()
    told: list[str] = []

    def report(done: int, total: int, doing: str) -> None:
        told.append(doing)
        cancelled.set()

    with pytest.raises(RequestAborted):
        measuring_work(make_config(tmp_path))({}, report, cancelled)
    assert told == ["Measuring memory bandwidth by threads"]
    assert not (tmp_path / "machine.json").exists()
