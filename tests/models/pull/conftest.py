"""Fixtures of the pull tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pulls import Rig, served_rig


@pytest.fixture
def rig(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    yield from served_rig(own_home, monkeypatch)
