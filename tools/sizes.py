"""Check that files and functions stay small.

A file aims at 150 lines and a function at 25. Past the soft limit a size needs a reason in
`size_reasons.toml`; past the hard limit there is none. Lines of a function count without its
docstring. A file of tests is a list of cases, which reads no worse for being long, so it has the
hard limit alone.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "tests", "tools", "benchmarks")
REASONS = ROOT / "tools" / "size_reasons.toml"


@dataclass(frozen=True, slots=True)
class Limit:
    """Most lines that need no reason, and most lines at all."""

    soft: int
    hard: int


FILE = Limit(soft=300, hard=400)
TEST_FILE = Limit(soft=FILE.hard, hard=FILE.hard)
FUNCTION = Limit(soft=60, hard=80)


@dataclass(frozen=True, slots=True)
class Size:
    """A file (`path`) or a function (`path:name`) with its lines and its limit."""

    name: str
    num_lines: int
    limit: Limit


def main() -> int:
    """Report what is too large; return the exit status."""
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    sizes = [size for path in _files() for size in measure(path, path.read_text(encoding="utf-8"))]
    problems = list(find_problems(sizes, reasons))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def measure(path: Path, source: str) -> Iterator[Size]:
    """Yield the size of a file and of each function in it."""
    name = path.relative_to(ROOT).as_posix() if path.is_absolute() else path.as_posix()
    is_test = Path(name).name.startswith("test_")
    yield Size(name, source.count("\n"), TEST_FILE if is_test else FILE)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size(f"{name}:{node.name}", _num_lines(node), FUNCTION)


def find_problems(sizes: list[Size], reasons: dict[str, str]) -> Iterator[str]:
    """Yield a sentence for each size over its limit, and for each reason that is not needed."""
    large = [size for size in sizes if size.num_lines > size.limit.soft]
    for size in large:
        if size.num_lines > size.limit.hard:
            yield f"{size.name} has {size.num_lines} lines; at most {size.limit.hard} are allowed."
        elif size.name not in reasons:
            yield (
                f"{size.name} has {size.num_lines} lines; past {size.limit.soft} it needs a "
                f"reason in tools/{REASONS.name}."
            )
    for name in sorted(reasons.keys() - {size.name for size in large}):
        yield f"tools/{REASONS.name} gives a reason for {name}, which needs none."


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _num_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return whole
    docstring = node.body[0]
    return whole - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


if __name__ == "__main__":
    sys.exit(main())
