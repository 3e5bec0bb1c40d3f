"""Models are checked in a process of their own: same answers, and limits that hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hearth.errors import BadModelFile, HearthError, ModelNotFound
from hearth.models.gguf.info import inspect
from hearth.models.validate import Validator, check_in_child
from hearth.models.validate.messages import Limits
from support.gguf_bytes import gguf, model_file, text
from support.pico import write_pico

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="the system enforces no limits")


def test_the_child_says_what_the_check_says(pico_path: Path) -> None:
    assert Validator().inspect(pico_path) == inspect(pico_path)


def test_a_model_in_parts(tmp_path: Path) -> None:
    write_pico(tmp_path / "big.gguf", tensors_per_file=8)
    first = next(tmp_path.glob("big-00001-of-*.gguf"))
    info = Validator().inspect(first)
    assert len(info.files) > 1
    assert info == inspect(first)


@pytest.mark.parametrize("content", [b"", model_file(block_count=None), gguf(num_keys=2**64 - 1)])
def test_refusals_are_the_same(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(BadModelFile) as ours:
        inspect(path)
    with pytest.raises(BadModelFile) as theirs:
        Validator().inspect(path)
    assert theirs.value.as_data() == ours.value.as_data()


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        Validator().inspect(tmp_path / "absent.gguf")


def test_an_unchanged_file_is_not_checked_again(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(model_file())
    validator = Validator()
    first = validator.inspect(path)
    assert validator.inspect(path) is first
    os.utime(path, ns=(1, 1))
    assert validator.inspect(path) is not first
    path.write_bytes(model_file(block_count=None))
    with pytest.raises(BadModelFile, match="lacks"):
        validator.inspect(path)
    path.unlink()
    with pytest.raises(ModelNotFound):
        validator.inspect(path)


@LINUX_ONLY
def test_memory_above_the_limit_is_a_refusal(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    keys = [text(f"text.{number}", b"x" * 2**21) for number in range(15)]
    path.write_bytes(gguf(keys))
    for megabytes in range(24, 400, 8):  # from "cannot start" through "cannot read" to "can"
        with pytest.raises(HearthError) as caught:
            check_in_child(path, Limits(memory_bytes=megabytes << 20))
        if "more than" in caught.value.message:
            break
        assert "failed" in caught.value.message
    assert isinstance(caught.value, BadModelFile)
    assert f"takes more than {megabytes} MiB" in caught.value.message


def test_time_above_the_limit_is_a_refusal(pico_path: Path) -> None:
    with pytest.raises(BadModelFile, match=r"longer than 0\.001 s"):
        check_in_child(pico_path, Limits(wall_s=0.001))


def test_the_child_loads_little() -> None:
    """It starts while a person waits for a model."""
    asked = "import sys, hearth.models.validate.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert not {"numpy", "httpx", "gguf", "pydantic", "asyncio"} & set(done.stdout.split())
