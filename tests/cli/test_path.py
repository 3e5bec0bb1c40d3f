"""`hearth path`: the paths, the steps of one, and progress that is kept."""

from __future__ import annotations

import json

import pytest

from hearth.guide.paths import find_path, paths
from support.command import Hearth


def test_all_paths_are_listed(hearth: Hearth) -> None:
    shown = hearth("path")
    assert shown.status == 0
    assert all(path.id in shown.out and path.title in shown.out for path in paths())
    rows = json.loads(hearth("path", "--json").out)
    assert [row["id"] for row in rows] == [path.id for path in paths()]


def test_a_path_tells_what_to_do(hearth: Hearth) -> None:
    shown = hearth("path", "faster")
    for step in find_path("faster").steps:
        assert step.title in shown.out
        assert all(line in shown.out for line in step.commands)
    assert "hearth guide speed-limit --demo" in shown.out
    assert "`hearth path faster --done 1`" in shown.err


def test_progress_is_kept_and_taken_back(hearth: Hearth) -> None:
    assert "✓ 1." in hearth("path", "faster", "--done", "1").out
    assert hearth("path", "faster", "--done", "limit").status == 0
    data = json.loads(hearth("path", "faster", "--json").out)
    assert (sorted(data["done"]), data["next"]) == (["limit", "measure-machine"], "tune")
    assert "2/7" in hearth("path").out
    assert "✓ 1." not in hearth("path", "faster", "--undo", "1").out
    assert json.loads(hearth("path", "faster", "--restart", "--json").out)["done"] == {}


def test_a_path_that_is_done(hearth: Hearth) -> None:
    for step in find_path("mine").steps:
        shown = hearth("path", "mine", "--done", step.id)
    assert "All steps are done" in shown.err


@pytest.mark.parametrize(
    ("words", "status", "problem"),
    [
        (("fastest",), 1, "There is no path 'fastest'"),
        (("faster", "--done", "99"), 1, "has no step '99'"),
        (("--done", "1"), 2, "each change one path"),
        (("faster", "--done", "1", "--restart"), 2, "each change one path"),
    ],
)
def test_what_is_refused(hearth: Hearth, words: tuple[str, ...], status: int, problem: str) -> None:
    shown = hearth("path", *words)
    assert (shown.status, shown.out) == (status, "")
    assert problem in shown.err
