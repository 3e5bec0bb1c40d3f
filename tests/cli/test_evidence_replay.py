"""The whole way of a claim: measured, exported, and measured again in a fresh home."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.command import Hearth

pytestmark = pytest.mark.tiny

BENCH = ("bench", "perplexity", "small", "--max-tokens", "600", "--context", "128")


@pytest.fixture
def card(hearth: Hearth, pico_path: Path, own_home: Path, tmp_path: Path) -> Path:
    """Measure the pico model's perplexity, and export the card."""
    put(pico_path, own_home, "small")
    measured = hearth(*BENCH)
    assert measured.status == 0, measured.err
    (record,) = json.loads(hearth("evidence", "list", "--json").out)
    assert f"evidence {record['id']}" in measured.out + measured.err
    path = tmp_path / "card.md"
    assert hearth("evidence", "export", record["id"], str(path)).status == 0
    return path


def put(model: Path, home: Path, name: str) -> Path:
    """Put a model into a home under a name."""
    folder = home / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(model, folder / f"{name}.gguf"))


def test_a_card_replays_in_a_fresh_home(
    hearth: Hearth, card: Path, pico_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = tmp_path / "fresh"
    monkeypatch.setenv("HEARTH_HOME", str(fresh))
    put(pico_path, fresh, "another-name")
    imported = json.loads(hearth("evidence", "import", str(card), "--json").out)
    plan = hearth("evidence", "replay", imported["id"], "--dry-run")
    assert plan.status == 0
    assert "another-name.gguf" in plan.out
    replayed = hearth("evidence", "replay", imported["id"])
    assert replayed.status == 0, replayed.out + replayed.err
    assert replayed.out.startswith("AGREES")
    own, kept = json.loads(hearth("evidence", "list", "--json").out)
    assert own["replay_of"] == kept["digest"] == imported["digest"]
    assert own["subjects"][0]["digest"] == kept["subjects"][0]["digest"]
    assert hearth("evidence", "verify").status == 0


def test_a_card_of_other_bytes_is_not_replayed(
    hearth: Hearth, card: Path, pico_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = tmp_path / "fresh"
    monkeypatch.setenv("HEARTH_HOME", str(fresh))
    path = put(pico_path, fresh, "small")
    spoiled = bytearray(path.read_bytes())
    spoiled[-100] ^= 1
    path.write_bytes(spoiled)
    imported = json.loads(hearth("evidence", "import", str(card), "--json").out)
    refused = hearth("evidence", "replay", imported["id"])
    assert refused.status == 1
    assert "other bytes would be another model" in refused.err
    assert len(json.loads(hearth("evidence", "list", "--json").out)) == 1
