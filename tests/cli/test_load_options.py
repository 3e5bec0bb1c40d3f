"""The options of a load on the command line: one for each that the engine takes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from hearth.cli.load_options import HELP
from hearth.core import LoadOptions
from support.command import Hearth


def test_every_option_says_what_it_does() -> None:
    assert HELP.keys() == {field.name for field in dataclasses.fields(LoadOptions)}


@pytest.mark.tiny
def test_options_reach_the_plan(hearth: Hearth, pico_path: Path) -> None:
    words = ("--rope", "yarn:4", "--kv-type", "f32", "--sequences", "2", "--json")
    plan = json.loads(hearth("load", str(pico_path), "--dry-run", *words).out)
    assert plan["rope"]["value"] == "yarn:4"
    assert plan["context"]["value"] == 2048
    assert (plan["kv_type"]["value"], plan["num_sequences"]["value"]) == ("f32", 2)


@pytest.mark.tiny
def test_a_context_beyond_training_names_the_next_command(hearth: Hearth, pico_path: Path) -> None:
    refused = hearth("load", str(pico_path), "--dry-run", "--context", "1000")
    assert refused.status == 2
    assert "trained for 512" in refused.err
    assert "--context 1000 --rope yarn:2" in refused.err
    scaled = hearth("load", str(pico_path), "--dry-run", "--context", "1000", "--rope", "yarn:2")
    assert "trained for" not in scaled.err
    assert scaled.status == 0
