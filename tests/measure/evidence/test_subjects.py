"""Which bytes were measured, and the same bytes found again under another name."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.errors import ModelNotFound
from hearth.measure.evidence import find_subject, subject_of


@pytest.fixture
def config() -> Config:
    found = load_config()
    found.models_dir.mkdir(parents=True)
    return found


def test_a_model_is_known_by_all_its_bytes(config: Config, pico_path: Path) -> None:
    shutil.copy(pico_path, config.models_dir / "small.gguf")
    subject = subject_of(config, "small", role="candidate")
    assert subject.digest == hashlib.sha256(pico_path.read_bytes()).hexdigest()
    assert (subject.name, subject.role) == ("small", "candidate")
    assert subject.size_bytes == pico_path.stat().st_size
    assert subject.architecture
    assert len(subject.template) == 64
    assert subject_of(config, "small", role="candidate") == subject


def test_the_same_bytes_are_found_under_another_name(config: Config, pico_path: Path) -> None:
    measured = config.models_dir / "before.gguf"
    shutil.copy(pico_path, measured)
    subject = subject_of(config, "before")
    assert find_subject(config, subject) == measured
    measured.rename(config.models_dir / "after.gguf")
    assert find_subject(config, subject) == config.models_dir / "after.gguf"


def test_other_bytes_of_the_same_name_are_refused(config: Config, pico_path: Path) -> None:
    path = config.models_dir / "small.gguf"
    shutil.copy(pico_path, path)
    subject = subject_of(config, "small")
    spoiled = bytearray(pico_path.read_bytes())
    spoiled[-1000] ^= 1
    path.write_bytes(spoiled)
    with pytest.raises(ModelNotFound, match="other bytes would be another model"):
        find_subject(config, subject)


def test_bytes_that_only_samples_agree_with_are_refused(config: Config, pico_path: Path) -> None:
    shutil.copy(pico_path, config.models_dir / "small.gguf")
    subject = subject_of(config, "small")
    with pytest.raises(ModelNotFound):
        find_subject(config, replace(subject, digest="00" * 32))


def test_a_model_outside_of_the_library_is_found_again(
    config: Config, pico_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "my own.gguf"
    shutil.copy(pico_path, path)
    subject = subject_of(config, str(path))
    assert subject.name == "my own"  # and no folder
    assert find_subject(config, subject) == path
    path.unlink()
    with pytest.raises(ModelNotFound, match="SHA-256") as raised:
        find_subject(config, subject)
    assert "hearth models import" in (raised.value.hint or "")


def test_a_card_from_elsewhere_finds_what_was_never_measured_here(
    config: Config, pico_path: Path
) -> None:
    shutil.copy(pico_path, config.models_dir / "mine.gguf")
    subject = subject_of(config, "mine")
    elsewhere = Config(home=config.home / "elsewhere")
    elsewhere.models_dir.mkdir(parents=True)
    shutil.copy(pico_path, elsewhere.models_dir / "theirs.gguf")
    assert find_subject(elsewhere, subject) == elsewhere.models_dir / "theirs.gguf"
