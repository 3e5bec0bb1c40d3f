"""The generated pages are fresh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_reference_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "reference"), "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
