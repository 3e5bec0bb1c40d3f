"""Blocks on disk: found where they may be, and only if every byte is what was written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.engine.prefixes.access import BLOCK_TOKENS, Access
from hearth.engine.prefixes.keys import BlockName
from hearth.engine.prefixes.room import ABANDONED_S, NEW
from hearth.engine.prefixes.shelf import ABOUT
from support.prefixes import ANYBODY, IDENTITY, entries, length_found, put, shelf_in, state_of

TEXT = list(range(300))
ANN, BOB = Access(owner="ann"), Access(owner="bob")

TEXTS = st.builds(
    lambda stem, length, tail: [stem] * length + tail,
    st.integers(0, 1),
    st.integers(8, 2 * BLOCK_TOKENS + 20),
    st.lists(st.integers(0, 2), max_size=12),
)
IN_A_FOLDER = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def common(left: list[int], right: list[int]) -> int:
    pairs = zip(left, right, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))


@IN_A_FOLDER
@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_the_longest_common_beginning_is_found(tmp_path_factory, texts, asked) -> None:
    shelf = shelf_in(tmp_path_factory.mktemp("shelf"))
    for text in texts:
        put(shelf, text)
    longest = max((common(text, asked) for text in texts), default=0)
    # What hangs on a block by fewer tokens than are worth a copy may be computed again.
    assert longest - 7 <= length_found(shelf, asked) <= longest


@IN_A_FOLDER
@given(st.lists(TEXTS, max_size=6), TEXTS)
def test_of_whole_texts_the_longest_is_found_that_the_asked_one_goes_on_with(
    tmp_path_factory, texts, asked
) -> None:
    shelf = shelf_in(tmp_path_factory.mktemp("shelf"))
    for text in texts:
        put(shelf, text, whole=True)
    longest = max((len(text) for text in texts if asked[: len(text)] == text), default=0)
    assert length_found(shelf, asked, whole=True) == longest


def test_what_is_known_is_not_read_again(tmp_path) -> None:
    shelf = shelf_in(tmp_path)
    put(shelf, TEXT)
    assert [block.start for block in shelf.find(TEXT, ANYBODY, have=128)] == [128, 256]
    assert [block.start for block in shelf.find(TEXT, ANYBODY, have=130)] == [128, 256]
    assert list(shelf.find(TEXT, ANYBODY, have=300)) == []


def test_nobody_finds_what_is_anothers_but_for_what_is_shared(tmp_path) -> None:
    shelf = shelf_in(tmp_path)
    put(shelf, TEXT, Access(owner="ann", shared=200))
    lengths = [
        length_found(shelf, TEXT, Access(owner=owner, shared=shared))
        for owner, shared in (("ann", 200), ("bob", 200), ("bob", 0), ("ann", 0))
    ]
    assert lengths == [300, 200, 0, 0]


def test_only_the_owner_of_the_home_may_read_it_and_names_tell_nothing(tmp_path) -> None:
    put(shelf_in(tmp_path / "prefixes"), TEXT, ANN)
    found = list((tmp_path / "prefixes").rglob("*"))
    assert len(found) >= 5
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        assert "ann" not in path.name


@pytest.mark.parametrize(
    "change",
    [
        {"model": "1" * 64},
        {"engine": "another"},
        {"kv_type": "f16"},
        {"flash_attention": "on"},
        {"rope": "yarn:2"},
        {"layout": "repacked"},
        {"gpu_layers": 1},
    ],
)
def test_what_was_computed_otherwise_is_not_found(tmp_path, change) -> None:
    put(shelf_in(tmp_path), TEXT)
    assert length_found(shelf_in(tmp_path), TEXT) == 300
    assert length_found(shelf_in(tmp_path, identity=replace(IDENTITY, **change)), TEXT) == 0


@IN_A_FOLDER
@given(st.data())
def test_a_block_with_one_wrong_byte_is_removed_and_never_restored(tmp_path_factory, data) -> None:
    root = tmp_path_factory.mktemp("shelf")
    shelf = shelf_in(root)
    put(shelf, TEXT)
    victim = Path(entries(root)[1].path)
    content = bytearray(victim.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    victim.write_bytes(content)
    assert length_found(shelf, TEXT) == BLOCK_TOKENS
    assert not victim.exists()


@pytest.mark.parametrize("left", [0, 7, 8, 43, 44, 100, -1])
def test_a_block_that_was_cut_is_removed(tmp_path, left) -> None:
    shelf = shelf_in(tmp_path)
    put(shelf, TEXT)
    victim = Path(entries(tmp_path)[0].path)
    victim.write_bytes(victim.read_bytes()[:left])
    assert length_found(shelf, TEXT) == 0
    assert not victim.exists()
    put(shelf, TEXT)
    assert length_found(shelf, TEXT) == 300


def test_a_block_of_another_model_or_place_is_removed(tmp_path) -> None:
    other = shelf_in(tmp_path / "other", identity=replace(IDENTITY, model="1" * 64))
    put(other, TEXT)
    shelf = shelf_in(tmp_path / "own")
    put(shelf, TEXT)
    first, second, third = (Path(entry.path) for entry in entries(tmp_path / "own"))
    first.write_bytes(Path(entries(tmp_path / "other")[0].path).read_bytes())
    assert length_found(shelf, TEXT) == 0
    assert not first.exists()
    put(shelf, TEXT)
    second.write_bytes(first.read_bytes())
    assert length_found(shelf, TEXT) == BLOCK_TOKENS
    assert third.exists()


def test_links_pipes_and_folders_are_no_blocks(tmp_path) -> None:
    shelf = shelf_in(tmp_path)
    put(shelf, TEXT)
    first = Path(entries(tmp_path)[0].path)
    content = first.read_bytes()
    (tmp_path / "elsewhere").write_bytes(content)
    for make in (
        lambda: first.symlink_to(tmp_path / "elsewhere"),
        lambda: os.mkfifo(first),
        lambda: first.mkdir(),
    ):
        first.rmdir() if first.is_dir() else first.unlink(missing_ok=True)
        make()
        assert length_found(shelf, TEXT) == 0
    assert (tmp_path / "elsewhere").read_bytes() == content


def test_the_end_of_an_earlier_turn_leaves_when_a_later_one_comes(tmp_path) -> None:
    shelf = shelf_in(tmp_path)
    put(shelf, TEXT[:150], ANN)
    put(shelf, TEXT[:170], ANN)
    put(shelf, TEXT[:150], BOB)
    assert [entry.name.count for entry in entries(tmp_path)] == [128, 128, 42, 22] or sorted(
        entry.name.count for entry in entries(tmp_path)
    ) == [22, 42, 128, 128]


def test_what_was_used_longest_ago_leaves_first_and_ends_before_beginnings(tmp_path) -> None:
    texts = [[n] * 256 for n in range(10)]
    first = shelf_in(tmp_path)
    for text in texts:
        put(first, text)
    for age, text in enumerate(texts):
        for entry in entries(tmp_path):
            if Path(entry.path).read_bytes().endswith(state_of(text[:128])):
                when = 1_000_000_000 - 100 * age
                os.utime(entry.path, (when, when))
    size = sum(entry.size_bytes for entry in entries(tmp_path))
    small = shelf_in(tmp_path, limit_bytes=size * 3 // 4)
    put(small, [99] * 128)
    left = [length_found(small, text) for text in texts]
    assert left[0] == 256
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    # Nothing is left that nobody can reach.
    assert sum(left) + 128 == sum(entry.name.count for entry in entries(tmp_path))


def test_a_block_that_would_fill_the_store_is_not_kept(tmp_path) -> None:
    shelf = shelf_in(tmp_path, limit_bytes=200)
    shelf.keep(TEXT[:100], 0, ANYBODY, memoryview(bytes(150)), whole=False)
    assert entries(tmp_path) == []


def test_what_is_no_block_is_cleared_away(tmp_path) -> None:
    shelf = shelf_in(tmp_path)
    put(shelf, TEXT)
    folder = Path(entries(tmp_path)[0].path).parent
    stranger, fresh, abandoned = folder / "stranger", folder / f"{NEW}1", folder / f"{NEW}2"
    for path in (stranger, fresh, abandoned):
        path.write_bytes(b"x")
    long_ago = abandoned.stat().st_mtime - 2 * ABANDONED_S
    os.utime(abandoned, (long_ago, long_ago))
    put(shelf_in(tmp_path), list(range(500, 600)))  # looks at all there is
    assert [path.exists() for path in (stranger, fresh, abandoned)] == [False, True, False]
    assert (folder.parent / ABOUT).is_file()


SHARER = """
import sys
from pathlib import Path
from support.prefixes import length_found, put, shelf_in
shelf = shelf_in(Path(sys.argv[1]), limit_bytes=20_000)
for turn in range(80):
    text = [turn % 7] * (130 + turn % 40)
    put(shelf, text)
    length = length_found(shelf, text)
    assert 0 <= length <= len(text)
"""


def test_several_processes_share_a_folder_that_is_too_small_for_them(tmp_path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", SHARER, str(tmp_path)]
    with (
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as one,
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as other,
    ):
        for program in (one, other):
            _, said = program.communicate()
            assert program.returncode == 0, said.decode()
    put(shelf_in(tmp_path, limit_bytes=20_000), TEXT)
    assert sum(entry.size_bytes for entry in entries(tmp_path)) <= 20_000


def test_a_name_is_read_as_it_was_written() -> None:
    name = BlockName.of(b"parent", "scope", 128, TEXT[:60])
    assert BlockName.read(str(name)) == name
    assert BlockName.read("about.json") is None
    assert BlockName.read("a.b.c.d") is None
