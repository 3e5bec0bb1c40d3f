"""Is a model what it must be: hashed again, repaired, and what is stray tidied away."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from hearth.config import Config
from hearth.errors import RequestAborted, SourceError
from hearth.models.library import Library
from hearth.models.library.cleaning import STRAY_AFTER_S
from hearth.models.library.importing import STAGING_PREFIX
from support.stores import (
    COMMIT,
    Stores,
    put_in_hub_cache,
    put_in_lm_studio,
    put_in_ollama,
    sha256,
)

CONTENT = b"GGUF" + bytes(1000)
NAME = "acme/pico-GGUF/pico"


def rot(path: Path) -> None:
    """Change a byte and leave size and time of change as they were, as failing disks do."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_sound_model_becomes_verified(library: Library, stores: Stores, pico_path: Path) -> None:
    content = pico_path.read_bytes()
    put_in_ollama(stores.ollama, content)
    put_in_lm_studio(stores.lm_studio, content)
    told: list[int] = []
    report = library.verify(NAME, on_progress=told.append)
    assert report.is_sound
    assert {file.found for file in report.files} == {sha256(content)}
    assert sorted(file.expected or "" for file in report.files) == ["", sha256(content)]
    assert sum(told) == 2 * len(content)
    entry = library.resolve(NAME)
    assert (entry.digest, entry.is_verified, len(entry.locations)) == (sha256(content), True, 2)


def test_d8_rot_in_a_store_that_names_digests(library: Library, stores: Stores) -> None:
    blob = put_in_ollama(stores.ollama, CONTENT)
    library.list()
    rot(blob)
    for _ in range(2):  # it stays damaged however often it is looked at
        (file,) = library.verify("pico:latest").files
        assert "is damaged" in (file.problem or "")
        assert file.expected == sha256(CONTENT)
    entry = library.resolve("pico:latest")
    assert not entry.is_verified
    assert "must hash to" in (entry.problem or "")


def test_d8_rot_since_an_earlier_hashing(library: Library, stores: Stores, pico_path: Path) -> None:
    path = put_in_lm_studio(stores.lm_studio, pico_path.read_bytes())
    assert library.verify(NAME).is_sound
    rot(path)
    for _ in range(2):
        assert not library.verify(NAME).is_sound
    path.write_bytes(pico_path.read_bytes())
    assert library.verify(NAME).is_sound
    assert library.resolve(NAME).problem is None


def test_bytes_that_nobody_vouches_for_must_at_least_be_a_model(
    library: Library, stores: Stores, pico_path: Path
) -> None:
    put_in_lm_studio(stores.lm_studio, pico_path.read_bytes()[:-1000])
    (file,) = library.verify(NAME).files
    assert "cut off" in (file.problem or "")


def test_a_damaged_file_is_fetched_again(library: Library, stores: Stores) -> None:
    link = put_in_hub_cache(stores.hub, CONTENT)
    rot(link.resolve())
    asked: list[tuple[Path, str, str]] = []

    def fetch(path: Path, reference: str, digest: str) -> None:
        asked.append((path, reference, digest))
        path.resolve().write_bytes(CONTENT)

    (file,) = library.verify(NAME, repair=fetch).files
    assert (file.problem, file.is_repaired) == (None, True)
    assert asked == [(link, f"hf:acme/pico-GGUF:pico.gguf@{COMMIT}", sha256(CONTENT))]
    assert library.resolve(NAME).is_verified
    assert library.verify(NAME, repair=fetch).is_sound
    assert len(asked) == 1


def test_a_repair_that_fails_says_so(library: Library, stores: Stores) -> None:
    rot(put_in_hub_cache(stores.hub, CONTENT).resolve())

    def fail(path: Path, reference: str, digest: str) -> None:
        raise SourceError("the hub does not answer.")

    def fetch_the_same(path: Path, reference: str, digest: str) -> None:
        pass

    (file,) = library.verify(NAME, repair=fail).files
    assert "the hub does not answer" in (file.problem or "")
    (file,) = library.verify(NAME, repair=fetch_the_same).files
    assert "no better" in (file.problem or "")


def test_what_cannot_be_fetched_again_names_who_can(library: Library, stores: Stores) -> None:
    rot(put_in_ollama(stores.ollama, CONTENT))

    def never(path: Path, reference: str, digest: str) -> None:
        raise AssertionError("nothing of another program is fetched")

    (file,) = library.verify("pico:latest", repair=never).files
    assert "`ollama pull pico:latest`" in (file.problem or "")


def test_verification_can_be_cancelled(library: Library, stores: Stores) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    with pytest.raises(RequestAborted):
        library.verify(NAME, cancelled=lambda: True)


# -- gc --


def test_gc_deletes_what_is_old_and_forgets_what_is_gone(
    library: Library, stores: Stores, home_config: Config
) -> None:
    models = home_config.models_dir
    put_in_lm_studio(models, CONTENT, "mine.gguf")
    gone = put_in_lm_studio(stores.lm_studio, CONTENT + b"2")
    old = put_in_lm_studio(models, CONTENT, f"{STAGING_PREFIX}old/0").parent
    young = put_in_lm_studio(models, CONTENT, f"{STAGING_PREFIX}young/0").parent
    past_s = time.time() - STRAY_AFTER_S - 60
    for path in (old / "0", old):
        os.utime(path, (past_s, past_s))
    library.list()
    library.remove("mine")
    gone.unlink()

    report = library.gc()
    assert report.emptied == ()
    assert report.stray == (old,)
    assert report.num_forgotten == 2
    assert report.freed_bytes == len(CONTENT)
    assert young.exists()
    assert not old.exists()
    report = library.gc(older_than=timedelta())
    assert (report.emptied, report.freed_bytes) == (("mine",), len(CONTENT))
    assert library.gc(older_than=timedelta()).freed_bytes == 0
