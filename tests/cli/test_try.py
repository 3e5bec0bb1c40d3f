"""`hearth try`: a model measured before it is here, from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command import Hearth
from support.hub_server import hub_server
from support.pico import write_pico
from support.pulls import REPO, Rig, make_rig

QUICK = ("--context", "256", "--prompt-tokens", "16", "--repeats", "1")


@pytest.fixture
def rig(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with hub_server() as server:
        rig = make_rig(server, own_home, monkeypatch)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield rig


@pytest.mark.tiny
def test_a_model_is_tried_and_the_job_is_listed(hearth: Hearth, pico_path: Path) -> None:
    tried = hearth("try", str(pico_path), *QUICK)
    assert tried.status == 0, tried.err
    assert "measured in" in tried.out
    assert "prompt of 16 tokens" in tried.out
    assert "answer after 16 tokens" in tried.out
    assert "memory: weights" in tried.out
    listed = hearth("jobs").out
    assert "try" in listed
    assert "done" in listed


@pytest.mark.tiny
def test_what_was_extrapolated_is_said_to_be(hearth: Hearth, tmp_path: Path) -> None:
    model = write_pico(tmp_path / "deep.gguf", num_layers=6)
    tried = hearth("try", str(model), *QUICK, "--layers", "4", "--json")
    assert tried.status == 0, tried.err
    found = json.loads(tried.out)
    assert found["whole"]["how"] == "extrapolated"
    assert [run["num_layers"] for run in found["runs"]] == [4, 1]
    assert found["whole"]["memory"]["weights_bytes"] == found["weight_bytes"]
    assert "4 and 1 layers were run" in found["notes"][-1]


def test_of_a_remote_model_only_the_header_travels(
    rig: Rig, hearth: Hearth, tmp_path: Path
) -> None:
    model = write_pico(tmp_path / "tiny-F32.gguf", width=256, num_layers=8, feed_forward=1024)
    rig.server.add(REPO, {model.name: model.read_bytes()})
    planned = hearth("try", f"hf:{REPO}", "--dry-run", "--json")
    assert planned.status == 0, planned.err
    assert json.loads(planned.out)["layer_counts"] == [8]
    assert 0 < rig.server.sent_bytes() < model.stat().st_size / 20
    assert hearth("jobs").err.startswith("There is no long work")


def test_a_dry_run_tells_layers_prompts_and_settings(hearth: Hearth) -> None:
    planned = hearth("try", "llama-3.2-1b", "--quant", "Q4_K_M", "--layers", "4", "--dry-run")
    assert planned.status == 0, planned.err
    assert "4 and then 1 of 16" in planned.out
    assert "as asked; the rest is extrapolated" in planned.out
    assert "flash attention" in planned.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("no-such-model",), 1, "llama-3.1-8b:Q4_K_M"),
        (("llama-3.2-1b",), 2, "which quantization"),
        (("llama-3.2-1b:Q4_K_M", "--users", "0"), 2, "1 to 64 are allowed"),
        (("llama-3.2-1b:Q4_K_M", "--kv-type", "q3"), 2, "q3"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    hearth: Hearth, words: tuple[str, ...], status: int, said: str
) -> None:
    refused = hearth("try", *words)
    assert (refused.status, refused.out) == (status, "")
    assert said in refused.err
