"""Commands that read this machine and need no engine: models, config, doctor, the plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearth.config import Config
from support.command import Hearth


def test_config_names_every_setting_and_its_source(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    own_home.mkdir()
    (own_home / "config.toml").write_text("queue_limit = 7\n")
    monkeypatch.setenv("HEARTH_PORT", "12345")
    monkeypatch.setenv("HEARTH_API_KEY", "very secret")
    result = hearth("config", "--json")
    rows = {row["name"]: row for row in json.loads(result.out)}
    assert rows.keys() == Config.model_fields.keys()
    assert (rows["port"]["value"], rows["port"]["source"]) == (12345, "HEARTH_PORT")
    assert (rows["queue_limit"]["value"], rows["queue_limit"]["source"]) == (7, "config.toml")
    assert rows["host"]["source"] == "default"
    assert "very secret" not in result.out + hearth("config").out


def test_an_unknown_setting_is_named(hearth: Hearth, own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "config.toml").write_text("colour = 'red'\n")
    result = hearth("config")
    assert result.status == 1
    assert "colour" in result.err


def test_models_are_listed_shown_and_found(hearth: Hearth, pico_path: Path, own_home: Path) -> None:
    (own_home / "models").mkdir(parents=True)
    (own_home / "models" / "pico.gguf").symlink_to(pico_path)
    assert "pico" in hearth("models").out
    listed = json.loads(hearth("models", "list", "--json").out)
    assert "pico" in [entry["name"] for entry in listed]
    assert hearth("models", "path", "pico").out == f"{own_home / 'models' / 'pico.gguf'}\n"
    assert "llama" in hearth("models", "show", "pico").out
    card = json.loads(hearth("models", "show", "pico", "--json").out)["card"]
    assert card["architecture"] == "llama"


def test_a_file_that_is_no_model(hearth: Hearth, tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<!doctype html>")
    result = hearth("models", "show", str(path))
    assert result.status == 1
    assert result.err.startswith("Error: ")


def test_the_plan_is_shown_without_loading(hearth: Hearth, pico_path: Path) -> None:
    assert "threads" in hearth("load", str(pico_path), "--dry-run").out
    plan = json.loads(hearth("load", str(pico_path), "--dry-run", "--json").out)
    assert plan["threads"]["reason"]


def test_no_server_no_models_in_memory(hearth: Hearth) -> None:
    assert json.loads(hearth("ps", "--json").out) == []
    assert "No server is running" in hearth("ps").err
    for command in ("load", "unload"):
        result = hearth(command, "starter")
        assert result.status == 1
        assert "hearth up" in result.err


@pytest.mark.tiny
def test_doctor_reports_each_finding_with_its_state(hearth: Hearth) -> None:
    result = hearth("doctor", "--json")
    findings = json.loads(result.out)
    assert {finding["state"] for finding in findings} <= {"ok", "info", "warn", "bad"}
    bad = any(finding["state"] == "bad" for finding in findings)
    assert result.status == (1 if bad else 0)
    assert "Python" in hearth("doctor").out
