"""Paths lead somewhere: topics, commands and demonstrations that are there, with progress kept."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hearth.config import load_config
from hearth.errors import NotFound
from hearth.guide.paths import Path, Progress, find_path, paths, read_paths
from hearth.guide.paths.progress import open_progress
from hearth.guide.paths.reading import BadPath
from hearth.store.database import Database
from support.command_line import parse

ALL = pytest.mark.parametrize("path", paths(), ids=lambda path: path.id)
STEP = {"id": "read", "title": "Read", "topic": "context", "do": "Read it.", "commands": []}
TABLE = {"path": [{"id": "one", "title": "One", "promise": "It is read.", "steps": [STEP]}]}


def changed(**fields: Any) -> dict[str, Any]:
    table = deepcopy(TABLE)
    table["path"][0]["steps"][0] |= fields  # type: ignore[index]
    return table


@ALL
def test_its_commands_exist(path: Path) -> None:
    assert path.steps
    for step in path.steps:
        for line in step.commands:
            parse(line)


@ALL
def test_it_says_what_to_do(path: Path) -> None:
    assert len(path.promise) > 40
    assert all(len(step.do) > 30 for step in path.steps)


def test_the_way_to_a_model_for_a_purpose_has_every_stage() -> None:
    steps = [step.id for step in find_path("model-for-my-purpose").steps]
    assert steps == ["scope", "kind", "size", "candidates", "try", "verify"]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "cannot be read"),
        (changed(topic="no-such-topic"), "leads to the topic 'no-such-topic'"),
        (changed(demonstration="merge"), "shows 'merge'"),
        (changed(commands=["rm -r x"]), "not Hearth's"),
        (changed(id="Read!"), "need ids"),
        (changed(tpoic="context"), "a step has no tpoic"),
        (changed(title=1), "cannot be read"),
        ({"path": TABLE["path"] * 2}, "no two alike"),
    ],
)
def test_what_leads_nowhere_is_refused(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadPath, match=problem):
        read_paths(table)


def test_progress_is_kept(database: Database) -> None:
    progress = Progress(database)
    path = progress.mark("faster", "1")
    assert list(path.done) == ["measure-machine"]
    assert path.next_step is not None
    assert path.next_step.id == "limit"
    assert progress.mark("faster", "limit").as_data()["next"] == "tune"
    assert list(progress.unmark("faster", "1").done) == ["limit"]
    assert {each.path.id: len(each.done) for each in progress.all()}["faster"] == 1
    assert progress.restart("faster").done == {}


def test_a_path_that_is_done_has_no_next_step(database: Database) -> None:
    progress = Progress(database)
    for step in find_path("mine").steps:
        progress.mark("mine", step.id)
    assert progress.of("mine").next_step is None


def test_what_is_not_there_is_named() -> None:
    with open_progress(load_config()) as progress:
        with pytest.raises(NotFound, match="no path 'fastest'; there are first-model"):
            progress.of("fastest")
        with pytest.raises(NotFound, match="has no step '99'; it has 7"):
            progress.mark("faster", "99")
