"""The README is true: its commands run, its links lead somewhere, its tree is the real one."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _shell_lines(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = [line for line in _shell_lines(README) if line.startswith("hearth ")]


@pytest.mark.starter
@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_runs(line: str, starter_path: Path, own_home: Path) -> None:
    words = shlex.split(line)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "hearth", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    broken = 1 if words == ["doctor"] else 0  # a machine may have something to be cured
    assert done.returncode in (0, broken), done.stderr
    assert done.stdout.strip()


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {word for page in PAGES for word in re.findall(r"\bmake (\w+)\b", _code(page))}
    assert named >= {"up", "test", "check"}
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named)


def _code(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    return "\n".join([*re.findall(r"`([^`\n]+)`", text), *_shell_lines(text)])


def test_the_checks_are_exactly_the_two_commands() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("make ")] == ["make check", "make test"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_exists(page: Path) -> None:
    for name in re.findall(r"`([\w/]+/[\w/]*\w+\.(?:py|toml|cmake))`", page.read_text("utf-8")):
        assert any((base / name).exists() for base in (ROOT, ROOT / "src" / "hearth")), name


def test_the_tree_is_the_real_one() -> None:
    tree = re.search(r"```\nsrc/hearth/\n(.*?)```", README, flags=re.DOTALL)
    assert tree is not None
    named = {line.split()[0].rstrip("/") for line in tree[1].splitlines() if line[:2] == "  "}
    folder = ROOT / "src" / "hearth"
    real = {
        path.name
        for path in folder.iterdir()
        if path.name not in ("__init__.py", "__main__.py", "__pycache__", "py.typed")
    }
    assert {name.removesuffix(".py") for name in named} == {n.removesuffix(".py") for n in real}


def test_every_dependency_has_its_licence_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [needed for group in project["optional-dependencies"].values() for needed in group]
    listed = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    for needed in [*project["dependencies"], *extras]:
        name = re.split(r"[<>=~!\[; ]", needed, maxsplit=1)[0]
        assert name in listed, f"docs/licences.md does not name {name}"
