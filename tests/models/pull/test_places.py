"""Disks and names that misbehave (rows D1, D6, D9, D10)."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from hearth.errors import (
    AccessDenied,
    BadModelFile,
    DiskFull,
    InvalidRequest,
    ModelNotFound,
    SetupError,
    StoreError,
)
from hearth.models.hub import HubFile
from hearth.models.pull import PullOptions, delete_leftovers
from hearth.models.pull.names import check_names, is_usable
from hearth.models.pull.place import Folder, cache_lock_path, journal_path, part_path
from hearth.models.pull.plan import LARGE_BYTES, SPARE_BYTES, PlannedFile, PullPlan
from hearth.models.pull.steps import _carry_out
from support.disks import folder_for_all, small_disk, without_privileges
from support.pulls import REPO, Rig, some_bytes

NAME = "tiny-Q8_0.gguf"

HOSTILE = (
    "../x.gguf",
    "..\\x.gguf",
    "a/../../x.gguf",
    "/etc/passwd",
    "\\\\host\\share",
    "C:x.gguf",
    "C:\\x.gguf",
    "a//b",
    "a/./b",
    ".",
    "..",
    "",
    "a/",
    "/",
    "a\0b",
    "a\nb",
    "a\x1b[2Jb",
    "\u202egguf.x",
    "CON",
    "aux.gguf",
    "folder/nul.txt",
    "com1",
    "LPT9.gguf",
    "ends-with-dot.",
    "ends-with-blank ",
    "star*",
    "what?",
    "pipe|x",
    '"quoted"',
    "<x>",
    "n" * 300,
    "\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 150,
    "/".join("abcdefghij"),
    "x:stream",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(name: str) -> None:
    assert not is_usable(name)
    with pytest.raises(BadModelFile):
        check_names([name])


@pytest.mark.parametrize(
    "name", ["model.gguf", "a/b/model.gguf", "Ünicode-模型.gguf", "con-x.gguf"]
)
def test_plain_names_are_used(name: str) -> None:
    check_names([name])


@pytest.mark.parametrize("twins", [("a.gguf", "A.gguf"), ("\u00e4.gguf", "a\u0308.gguf")])
def test_names_that_some_disks_take_for_one_are_refused(twins: tuple[str, str]) -> None:
    with pytest.raises(BadModelFile, match="one name"):
        check_names(twins)


def test_a_repository_with_hostile_names_writes_nothing_outside(rig: Rig) -> None:
    files = {name: some_bytes(5000) for name in HOSTILE if "\0" not in name and name.isascii()}
    rig.server.add(REPO, files)
    with pytest.raises(ModelNotFound):
        rig.pull(f"hf:{REPO}")
    rig.server.add(REPO, {**files, NAME: some_bytes(5000)})
    entry = rig.pull(f"hf:{REPO}")
    outside = [
        path
        for path in rig.config.home.rglob("*.gguf")
        if not path.is_relative_to(entry.path.parent)
    ]
    assert outside == []


def test_a_repository_with_very_many_files_is_looked_through(rig: Rig) -> None:
    rig.server.add(REPO, {f"notes/{n}.txt": b"x" for n in range(20_000)} | {NAME: b"y" * 5000})
    assert len(rig.plan(f"hf:{REPO}").files) == 1


def plan_of(tmp_path: Path, *, size_bytes: int, free: int) -> PullPlan:
    file = HubFile(name=NAME, size_bytes=size_bytes, sha256="0" * 64, git_id=None)
    return PullPlan(
        reference=f"hf:{REPO}",
        pinned=f"hf:{REPO}",
        title="hub",
        commit="0" * 40,
        reason="",
        place=Folder(folder=tmp_path, locks_dir=tmp_path),
        opens=tmp_path / NAME,
        files=(PlannedFile(file=file, url="https://example.org/x"),),
        free_bytes=free,
    )


def test_too_little_space_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    size = 10 << 30
    needed = int(size * 1.05) + SPARE_BYTES
    plan_of(tmp_path, size_bytes=size, free=needed).check(allow_large=False)
    with pytest.raises(DiskFull, match=r"1,000 bytes\) too little") as raised:
        plan_of(tmp_path, size_bytes=size, free=needed - 1000).check(allow_large=False)
    assert raised.value.http_status == 507


def test_what_is_very_large_is_fetched_only_when_meant(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, size_bytes=LARGE_BYTES + 1, free=1 << 60)
    with pytest.raises(InvalidRequest, match="only when it is meant"):
        plan.check(allow_large=False)
    plan.check(allow_large=True)


def test_five_declared_terabytes_do_not_fit(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, size_bytes=5 * 10**12, free=10**12)
    with pytest.raises(DiskFull):
        plan.check(allow_large=True)


def test_a_disk_that_becomes_full_keeps_what_came(rig: Rig, tmp_path: Path) -> None:
    data = some_bytes(6 << 20)
    rig.server.files["model.bin"] = data
    with small_disk(tmp_path / "disk", 4096) as disk:
        to = disk.path / "models"
        plan = rig.plan(f"{rig.server.url}/files/model.bin", to=to)
        with pytest.raises(DiskFull, match="became full"):
            carry_out(plan, rig)
        assert part_path(to / "model.bin").exists()
        kept = rig.plan(f"{rig.server.url}/files/model.bin", to=to).files[0].kept_bytes
        assert 0 < kept < len(data)


def carry_out(plan: PullPlan, rig: Rig) -> None:
    """Carry a plan out whose disk is known to be too small."""
    from hearth.models.pull.progress import Meter

    options = PullOptions(first_pause_s=0.01)
    meter = Meter(plan.total_bytes, rig.seen.append)
    _carry_out(plan, options, rig.settings, meter, threading.Event())


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_fetched(rig: Rig) -> None:
    rig.server.add(REPO, {NAME: some_bytes(5000)})
    with folder_for_all() as folder, without_privileges():
        closed = folder / "closed"
        with pytest.raises(SetupError, match="cannot be written"):
            rig.plan(f"hf:{REPO}", to=closed)
    assert rig.server.sent_bytes() == 0


def test_a_link_in_place_of_a_partial_file_is_not_followed(rig: Rig, tmp_path: Path) -> None:
    rig.server.files["model.gguf"] = some_bytes(5000)
    folder = rig.config.models_dir / "127.0.0.1"
    folder.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    os.symlink(victim, part_path(folder / "model.gguf"))
    with pytest.raises(StoreError):
        rig.pull(f"{rig.server.url}/files/model.gguf")
    assert victim.read_bytes() == b"precious"


def test_a_journal_without_its_file_says_nothing(rig: Rig) -> None:
    data = some_bytes(3 << 20)
    rig.server.add(REPO, {NAME: data})
    rig.server.fail(path="/cdn/", status=403, skip=1, times=None)
    with pytest.raises(AccessDenied):
        rig.pull(f"hf:{REPO}", num_connections=1)
    planned = rig.plan(f"hf:{REPO}").files[0]
    assert planned.kept_bytes
    blob = rig.blobs / str(planned.file.sha256)
    assert journal_path(blob).exists()
    part_path(blob).unlink()
    rig.server.faults.clear()
    assert rig.pull(f"hf:{REPO}").path.read_bytes() == data


def test_what_was_left_can_be_deleted_unless_it_is_on_its_way(rig: Rig) -> None:
    """D5: cleaning up never takes away what somebody works on."""
    data = some_bytes(3 << 20)
    rig.server.add(REPO, {NAME: data})
    rig.server.fail(path="/cdn/", status=403, skip=1, times=None)
    with pytest.raises(AccessDenied):
        rig.pull(f"hf:{REPO}", num_connections=1)
    planned = rig.plan(f"hf:{REPO}").files[0]
    blob = rig.blobs / str(planned.file.sha256)

    def delete(days: float) -> list[str]:
        age = timedelta(days=days)
        found = delete_leftovers(rig.config, older_than=age, settings=rig.settings)
        return [path.name.rpartition(".hearth.")[2] for path in found.paths]

    assert delete(days=7) == []
    with FileLock(cache_lock_path(blob)):
        assert delete(days=0) == []
    assert delete(days=0) == ["incomplete", "journal"]
    assert rig.leftovers() == []
    rig.server.faults.clear()
    assert rig.pull(f"hf:{REPO}").path.read_bytes() == data
    assert delete(days=0) == []
