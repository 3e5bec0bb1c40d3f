"""Stand-ins outlive nobody: not a block that fails, and not a process that is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.measure.twin.folder import own_turn, stand_in_folder

HOLDER = """
import sys, time
from hearth.config import load_config
from hearth.measure.twin.folder import stand_in_folder

with stand_in_folder(load_config()) as folder:
    (folder / "whole.gguf").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.read()
"""


def fail_within_a_folder() -> None:
    with stand_in_folder(load_config()) as folder:
        (folder / "whole.gguf").write_bytes(b"x")
        raise ValueError("went wrong")


def test_a_folder_goes_with_its_block_however_that_ends() -> None:
    with pytest.raises(ValueError, match="went wrong"):
        fail_within_a_folder()
    assert [each.name for each in (load_config().home / "twins").iterdir()] == ["door"]


def test_what_a_killed_process_left_goes_at_the_next_run_and_what_is_used_stays() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        left = Path(holder.stdout.readline().strip())
        with stand_in_folder(load_config()) as own:
            assert left.exists()
            assert own.exists()
    finally:
        holder.kill()
        holder.communicate()
    assert left.exists()
    with stand_in_folder(load_config()):
        assert not left.exists()


class GivenUp(Exception):
    pass


def give_up() -> None:
    raise GivenUp


def wait_for_a_turn() -> None:
    with own_turn(load_config(), give_up):
        pass


def test_one_try_runs_at_a_time_and_the_next_can_give_up_waiting() -> None:
    with own_turn(load_config(), give_up), pytest.raises(GivenUp):
        wait_for_a_turn()
    wait_for_a_turn()
