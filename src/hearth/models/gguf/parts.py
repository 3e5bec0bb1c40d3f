"""Models that come in several files, `<name>-00001-of-00003.gguf` and so on.

Every part is found, read and compared before anything is loaded, so that a missing file or one of
another model is named at once. Source of the naming: llama_split_path of llama.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from hearth.models.bytes import bad_file
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.tensors import MAX_TENSORS

MAX_PARTS = 1024

_PART_NAME = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})")


def read_parts(path: Path) -> tuple[GgufHeader, ...]:
    """Read the headers of a model, in order; a model in one file has one.

    Args:
        path: The only or the first file.

    Raises:
        ModelNotFound: There is no such file.
        BadModelFile: A part is damaged, missing, or belongs to another model.
    """
    first = read_header(path)
    count = _number(first, "split.count", 1)
    if count <= 1:
        return (first,)
    if count > MAX_PARTS:
        raise bad_file(path, f"it claims {count:,} parts; at most {MAX_PARTS} are possible")
    paths = part_paths(path)
    if len(paths) != count:
        raise bad_file(
            path,
            f"it is one of {count} parts, but is not named like one",
            f"Name the parts <name>-00001-of-{count:05d}.gguf and so on.",
        )
    if _number(first, "split.no", 0) != 0:
        raise bad_file(path, "it is a later part of a model", f"Use {paths[0].name}.")
    missing = [part.name for part in paths if not part.is_file()]
    if missing:
        listed = ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
        raise bad_file(
            path,
            f"{len(missing)} of its {count} parts are missing: {listed}",
            "Download the missing files into the same folder.",
        )
    return tuple(bounded([first], (read_header(part) for part in paths[1:])))


def bounded(*headers: Iterable[GgufHeader]) -> Iterator[GgufHeader]:
    """Yield the headers of one model as they are read, as long as they are not too many tensors.

    Raises:
        BadModelFile: The parts together have more tensors than one file may have.
    """
    count = 0
    for header in chain(*headers):
        count += len(header.tensors)
        if count > MAX_TENSORS:
            raise bad_file(header.name, f"its model has more than {MAX_TENSORS:,} tensors")
        yield header


def check_complete(parts: Sequence[GgufHeader]) -> None:
    """Check that headers are all the parts of one model, in order.

    Raises:
        BadModelFile: A part is missing or belongs to another model.
    """
    first = parts[0]
    if _number(first, "split.count", 1) <= 1 and len(parts) == 1:
        return
    for index, part in enumerate(parts):
        if _number(part, "split.no", -1) != index or _number(part, "split.count", 0) != len(parts):
            raise bad_file(part.name, f"it is not part {index + 1} of {len(parts)} of this model")
    names = {tensor.name for part in parts for tensor in part.tensors}
    total = sum(len(part.tensors) for part in parts)
    expected = _number(first, "split.tensors.count", total)
    if len(names) != total or total != expected:
        raise bad_file(
            first.name,
            f"its parts hold {total:,} tensors ({len(names):,} different) and need {expected:,}",
        )


def is_later_part(path: Path) -> bool:
    """Say whether a file's name makes it the second or a later part of a model."""
    found = _PART_NAME.fullmatch(path.stem)
    return found is not None and int(found["number"]) > 1


def whole_name(path: Path) -> str:
    """Return the name of the model that a file is, or is a part of, without the suffix."""
    found = _PART_NAME.fullmatch(path.stem)
    return found["stem"] if found else path.stem


def part_paths(path: Path) -> list[Path]:
    """Return the files that a model consists of, judging by the name of its first file alone."""
    found = _PART_NAME.fullmatch(path.stem)
    if found is None or int(found["count"]) > MAX_PARTS:
        return [path]
    count = int(found["count"])
    return [
        path.with_name(f"{found['stem']}-{number:05d}-of-{count:05d}{path.suffix}")
        for number in range(1, count + 1)
    ]


def _number(header: GgufHeader, key: str, default: int) -> int:
    value = header.metadata.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_file(header.name, f"{key} is not a whole number")
    return value
