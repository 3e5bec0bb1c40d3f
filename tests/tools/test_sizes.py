"""The size limits: what they count, and that the tree keeps them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIZES = ROOT / "tools" / "sizes.py"


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SIZES.parent))
    import sizes

    return sizes


def test_the_tree_keeps_its_limits() -> None:
    done = subprocess.run([sys.executable, str(SIZES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_docstring_does_not_count(sizes) -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    measured = {size.name: size.num_lines for size in sizes.measure(Path("a.py"), source)}
    assert measured == {"a.py": 6, "a.py:f": 2}


@pytest.mark.parametrize(
    ("num_lines", "reasons", "problem"),
    [
        (60, {}, None),
        (61, {}, "needs a reason"),
        (61, {"f": "a table"}, None),
        (81, {"f": "a table"}, "at most 80"),
        (10, {"f": "a table"}, "needs none"),
    ],
)
def test_limits(sizes, num_lines: int, reasons: dict[str, str], problem: str | None) -> None:
    found = list(sizes.find_problems([sizes.Size("f", num_lines, sizes.FUNCTION)], reasons))
    assert len(found) == (problem is not None)
    assert problem is None or problem in found[0]
