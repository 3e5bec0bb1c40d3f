"""`hearth machine`: drawn for people, JSON for programs, profiles in and out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.machine.describe import describe_machine
from hearth.machine.keep import write_profile
from hearth.machine.profile import KernelSpeed, Measured
from hearth.machine.profile_file import parse_profile
from support.command import Hearth

DESCRIPTION = "RTX 4090 + 64 GB DDR5-6000 x2 + NVMe 4.0"


def test_a_described_machine_is_drawn_with_bars(hearth: Hearth) -> None:
    shown = hearth("machine", "show", DESCRIPTION)
    assert shown.status == 0
    rows = {line.split()[0]: line for line in shown.out.splitlines() if line.split()}
    assert "96 GB/s" in rows["memory"]
    assert "1.01 TB/s" in rows["GPU"]
    assert "330 TFLOP/s" in rows["GPU"]
    assert "JESD79-5C" in rows["memory"]  # piped, so that nothing is left out
    signs = {name: max(row.count("█"), row.count("#")) for name, row in rows.items()}
    assert signs["GPU"] > signs["memory"] > signs["storage"] > 0


def test_this_machine_says_what_it_does_not_know(hearth: Hearth) -> None:
    shown = hearth("machine")
    assert shown.status == 0
    assert "hearth machine measure" in shown.out
    assert "Engine:" in shown.out
    assert "Each sign of a bar" in shown.err


def test_json_is_a_profile(hearth: Hearth) -> None:
    for words in (["machine", "--json"], ["machine", "show", DESCRIPTION, "--json"]):
        answer = hearth(*words)
        assert answer.err == ""
        assert parse_profile(answer.out.encode(), "stdout")


def test_a_profile_goes_out_and_comes_in(hearth: Hearth, tmp_path: Path) -> None:
    path = tmp_path / "box.json"
    assert hearth("machine", "export", str(path)).status == 0
    told = json.loads(hearth("machine", "import", str(path), "--name", "attic", "--json").out)
    assert told == {"name": "attic"}
    assert json.loads(hearth("machine", "list", "--json").out)["machines"] == ["attic"]
    assert "attic" in hearth("machine", "list").out
    assert json.loads(hearth("machine", "show", "attic", "--json").out)["name"] == "attic"


def test_the_catalogue_is_listed_with_sources(hearth: Hearth) -> None:
    listed = hearth("machine", "list").out
    for text in ("NVIDIA GeForce RTX 4090", "Apple M2 Max", "DDR5", "PCIe 4.0", "Ethernet"):
        assert text in listed
    data = json.loads(hearth("machine", "list", "--json").out)
    for table in ("gpus", "memory", "links"):
        assert all(row["source"].startswith("https://") for row in data[table])


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["show", "RTX 4091"], 2, "Did you mean RTX 4090"),
        (["show", "DDR5-6000"], 2, "how many channels"),
        (["show", "none.json"], 1, "none.json cannot be read"),
        (["import", "none.json"], 1, "none.json cannot be read"),
        (["export", "no/such/folder/box.json"], 1, "cannot be written"),
        (["import"], 2, "FILE"),
        (["weigh"], 2, "weigh"),
    ],
)
def test_what_cannot_be_done_is_said(
    hearth: Hearth, words: list[str], status: int, told: str
) -> None:
    result = hearth("machine", *words)
    assert result.status == status
    assert told in result.err
    assert "Hint:" in result.err


def test_a_hostile_profile_is_refused(hearth: Hearth, tmp_path: Path) -> None:
    path = tmp_path / "box.json"
    path.write_text('{"format": 1, "name": "\\u001b[2J", "date": "2026", "fingerprint": "x"}')
    result = hearth("machine", "import", str(path))
    assert result.status == 2
    assert "\x1b" not in result.err
    assert not list(tmp_path.glob("**/machines/*"))


@pytest.mark.slow
def test_measuring_and_drawing(hearth: Hearth) -> None:
    measured = hearth("machine", "measure")
    assert measured.status == 0
    assert "Measuring memory bandwidth by threads" in measured.err
    assert "measured:" in measured.out
    assert "256 tokens at once" in measured.out
    again = json.loads(hearth("machine", "--json").out)
    assert again["memory"]["bandwidth_by_threads"]
    assert {"Q4_K", "Q8_0", "BF16", "F32"} <= {row["weight_type"] for row in again["kernels"]}
    assert again["missing"] == {}


@pytest.mark.slow
def test_without_an_engine_the_rest_is_measured(tmp_path: Path, own_home: Path) -> None:
    (tmp_path / "llama_cpp.py").write_text("raise ImportError('not here')\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "hearth", "machine", "measure", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["memory"]["bandwidth_by_threads"]
    assert "cannot be loaded" in found["missing"]["kernels"]


def test_measured_kernels_are_drawn(hearth: Hearth, tmp_path: Path) -> None:
    rate = Measured.looked_up(4e10, "B/s", "by hand")
    flops = Measured.looked_up(2e11, "FLOP/s", "by hand")
    near = Measured.looked_up(9e10, "B/s", "by hand")
    common = {"weight_type": "Q4_K", "device": "cpu", "num_threads": 2}
    kernels = (
        KernelSpeed(**common, batch_size=1, bandwidth=near, working_set_bytes=2**20),
        KernelSpeed(**common, batch_size=1, bandwidth=rate, working_set_bytes=2**28),
        KernelSpeed(**common, batch_size=512, flops=flops, working_set_bytes=2**20),
    )
    path = tmp_path / "box.json"
    write_profile(replace(describe_machine("DDR5-6000 x2"), kernels=kernels), path)
    shown = hearth("machine", "show", str(path))
    (row,) = [line for line in shown.out.splitlines() if line.startswith("Q4_K")]
    assert "40 GB/s" in row  # from memory, not from a cache
    assert "200 GFLOP/s" in row
    assert "with 2 threads" in shown.err
