"""Models in several files: found, compared, and refused when one is missing (G20)."""

from __future__ import annotations

from itertools import repeat
from pathlib import Path

import pytest

from hearth.errors import BadModelFile
from hearth.models.gguf.header import read_header
from hearth.models.gguf.info import inspect
from hearth.models.gguf.parts import bounded, is_later_part, part_paths, whole_name
from hearth.models.gguf.tensors import MAX_TENSORS
from support.gguf_bytes import U16, VOCAB, WIDTH, entry, model_entries, value, whole


def numbers(index: int, count: int, total: int) -> dict[str, bytes]:
    names = {"split.no": index, "split.count": count, "split.tensors.count": total}
    return {key: entry(key, U16, value(U16, number)) for key, number in names.items()}


def write_parts(folder: Path, *, tensors: int = 2, second: str = "blk.0.ffn_up.weight") -> Path:
    first, later = (folder / f"big-0000{number}-of-00002.gguf" for number in (1, 2))
    split = numbers(0, 2, tensors)
    shapes = {"token_embd.weight": ((WIDTH, VOCAB), 0)}
    first.write_bytes(whole([*model_entries(), *split.values()], shapes))
    later.write_bytes(whole(list(numbers(1, 2, tensors).values()), {second: ((WIDTH, 8), 0)}))
    return first


def test_parts_are_described_together(tmp_path: Path) -> None:
    first = write_parts(tmp_path)
    info = inspect(first)
    assert info.files == (first, tmp_path / "big-00002-of-00002.gguf")
    assert info.num_parameters == WIDTH * VOCAB + WIDTH * 8


def test_missing_part_is_named(tmp_path: Path) -> None:
    first = write_parts(tmp_path)
    (tmp_path / "big-00002-of-00002.gguf").unlink()
    with pytest.raises(BadModelFile, match=r"1 of its 2 parts are missing: big-00002-of-00002"):
        inspect(first)


def test_part_of_another_model_is_refused(tmp_path: Path) -> None:
    first = write_parts(tmp_path)
    other = whole(list(numbers(2, 3, 2).values()), {"a": ((8,), 0)})
    (tmp_path / "big-00002-of-00002.gguf").write_bytes(other)
    with pytest.raises(BadModelFile, match="not part 2 of 2"):
        inspect(first)


def test_later_part_names_the_first(tmp_path: Path) -> None:
    write_parts(tmp_path)
    with pytest.raises(BadModelFile, match="a later part") as caught:
        inspect(tmp_path / "big-00002-of-00002.gguf")
    assert "big-00001-of-00002.gguf" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("tensors", "second"), [(3, "blk.0.ffn_up.weight"), (2, "token_embd.weight")]
)
def test_tensors_must_add_up(tmp_path: Path, tensors: int, second: str) -> None:
    with pytest.raises(BadModelFile, match=r"its parts hold 2 tensors"):
        inspect(write_parts(tmp_path, tensors=tensors, second=second))


def test_a_part_must_be_named_like_one(tmp_path: Path) -> None:
    first = write_parts(tmp_path)
    with pytest.raises(BadModelFile, match="not named like one"):
        inspect(first.rename(tmp_path / "renamed.gguf"))


def test_absurd_count(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    parts = {"split.count": entry("split.count", U16, value(U16, 65_535))}
    path.write_bytes(whole([*model_entries(), *parts.values()], {"a": ((8,), 0)}))
    with pytest.raises(BadModelFile, match="65,535 parts"):
        inspect(path)


def test_names() -> None:
    assert whole_name(Path("x/big-00002-of-00003.gguf")) == "big"
    assert whole_name(Path("small.gguf")) == "small"
    assert is_later_part(Path("big-00002-of-00003.gguf"))
    assert not is_later_part(Path("big-00001-of-00003.gguf"))
    assert len(part_paths(Path("big-00001-of-00003.gguf"))) == 3
    assert part_paths(Path("big-00001-of-99999.gguf")) == [Path("big-00001-of-99999.gguf")]


def test_parts_together_have_no_more_tensors_than_one_file_may(tmp_path: Path) -> None:
    path = tmp_path / "many.gguf"
    path.write_bytes(whole([], {f"t{number}": ((1,), 0) for number in range(300)}, alignment=32))
    header = read_header(path)
    num_parts = MAX_TENSORS // 300
    read = bounded(repeat(header, num_parts))
    assert sum(1 for _ in read) == num_parts
    with pytest.raises(BadModelFile, match="more than 65,536 tensors"):
        list(bounded([header], repeat(header, num_parts)))
