"""SHA-256 of files: right, with progress, cancelled, and honest about files that change."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hearth.errors import BadModelFile, RequestAborted
from hearth.models.library.hashing import BLOCK_BYTES, digest_of_files, hash_files, sha256_of


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 2 * BLOCK_BYTES + 77])
def test_the_digest_is_that_of_the_bytes(tmp_path: Path, size: int) -> None:
    content = hashlib.shake_128(b"seed").digest(size)
    path = tmp_path / "x"
    path.write_bytes(content)
    told: list[int] = []
    assert sha256_of(path, on_progress=told.append) == hashlib.sha256(content).hexdigest()
    assert sum(told) == size


def test_several_files_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}" for number in range(5)]
    for path in paths:
        path.write_bytes(path.name.encode() * 1000)
    told: list[int] = []
    found = hash_files([*paths, *paths, tmp_path / "absent"], on_progress=told.append)
    assert isinstance(found.pop(tmp_path / "absent"), BadModelFile)
    assert found == {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    assert sum(told) == 5000


def test_hashing_is_cancelled_between_blocks(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(3 * BLOCK_BYTES))
    told: list[int] = []
    with pytest.raises(RequestAborted):
        sha256_of(path, on_progress=told.append, cancelled=lambda: bool(told))
    assert told == [BLOCK_BYTES]
    with pytest.raises(RequestAborted):
        hash_files([path], cancelled=lambda: True)


def test_a_file_that_changes_meanwhile_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(2 * BLOCK_BYTES))

    def grow(_: int) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(BadModelFile, match="was changed while"):
        sha256_of(path, on_progress=grow)


def test_a_folder_cannot_be_hashed(tmp_path: Path) -> None:
    with pytest.raises(BadModelFile, match="cannot be read"):
        sha256_of(tmp_path)


def test_the_digest_of_several_files_is_that_of_their_list() -> None:
    assert digest_of_files(["a" * 64]) == "a" * 64
    lines = ("a" * 64 + "\n" + "b" * 64 + "\n").encode()
    assert digest_of_files(["a" * 64, "b" * 64]) == hashlib.sha256(lines).hexdigest()
