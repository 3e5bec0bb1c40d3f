"""Each line of the table of kinds names functions that are there and take what they should."""

from __future__ import annotations

import importlib
from dataclasses import is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest

from hearth.errors import InvalidRequest
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import Draft
from hearth.measure.kinds import BENCHES, KINDS, REPLAYS, bench_of
from hearth.measure.suites.measuring import SuiteArguments


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_measured_and_measured_again(name: str) -> None:
    kind = KINDS[name]
    package = importlib.import_module(f"hearth.measure.{kind.package}")
    replay = get_type_hints(getattr(package, kind.replay))
    assert replay["return"] is Draft
    assert name in REPLAYS
    if kind.bench is not None:
        bench = get_type_hints(getattr(package, kind.bench))
        assert is_dataclass(next(iter(bench.values())))
        assert bench["return"] is Draft


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`model`"),
        ({"model": 3}, "Expected `str`"),
        ({"model": "m", "flavour": "sweet"}, "takes no 'flavour'"),
        ({"model": "m", "limit": "few"}, "Expected `int"),
        ({"model": "m", "limit": 0}, "limit"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_begins(arguments: dict, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        bench_of("truth", arguments)


def test_names_within_a_plan_are_held_against_it_too() -> None:
    with pytest.raises(InvalidRequest, match="takes no 'loudness'"):
        bench_of("language", {"model": "m", "plan": {"loudness": 3}})
    with pytest.raises(InvalidRequest, match="no measurement 'arena' that can be a job"):
        bench_of("arena", {})
    assert set(BENCHES) < set(KINDS)


def test_a_path_is_read_from_text() -> None:
    found = read_arguments({"model": "m", "folder": "cases"}, SuiteArguments)
    assert found.folder == Path("cases")
