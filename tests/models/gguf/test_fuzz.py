"""Random damage to good files: a `BadModelFile` or a correct header, and never much memory."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.errors import BadModelFile
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.info import describe
from support.gguf_bytes import I32, STRING, array, gguf, model_file, tensor, text

NUM_DAMAGED = 3000
NUM_MEASURED = 200  # tracing memory takes ten times as long
HEADER_BYTES = 900  # of the good file; what follows are weights, which nobody looks at
MAX_PEAK_BYTES = 16 * 2**20
ODD_BYTES = (0, 1, 7, 0x7F, 0x80, 0xFF)


def damage(content: bytes, rng: random.Random) -> bytes:
    """Change up to three places of the header: a byte, eight bytes, a cut, a piece twice."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(min(HEADER_BYTES, len(changed)))
        kind = rng.random()
        if kind < 0.5:
            changed[at] = rng.choice((*ODD_BYTES, rng.randrange(256)))
        elif kind < 0.8:
            changed[at : at + 8] = rng.choice(
                (b"\xff" * 8, bytes(8), rng.randbytes(8), (2**63).to_bytes(8, "little"))
            )
        elif kind < 0.9:
            del changed[at:]
            changed += b"G"
        else:
            changed[at:at] = changed[at : at + rng.randint(1, 40)]
    return bytes(changed)


def check(path: Path) -> None:
    """Read and describe a file; whatever is accepted lies inside the file."""
    try:
        header = read_header(path)
        assert_inside(header)
        describe(header)
    except BadModelFile:
        pass


def assert_inside(header: GgufHeader) -> None:
    end = header.data_start
    for each in header.tensors:
        start = header.data_start + each.offset
        assert start >= end
        end = start + each.size_bytes
    assert not header.tensors or end <= header.size_bytes


def check_damaged(path: Path, count: int, seed: int) -> None:
    rng = random.Random(seed)
    good = model_file()
    for _ in range(count):
        path.write_bytes(damage(good, rng))
        check(path)


def test_damaged_models(tmp_path: Path) -> None:
    check_damaged(tmp_path / "model.gguf", NUM_DAMAGED, seed=2026)


def test_damaged_models_take_little_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        check_damaged(tmp_path / "model.gguf", NUM_MEASURED, seed=2027)
        assert tracemalloc.get_traced_memory()[1] < MAX_PEAK_BYTES
    finally:
        tracemalloc.stop()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    keys=st.lists(st.tuples(st.text(max_size=12), st.binary(max_size=20)), max_size=5),
    shapes=st.lists(st.lists(st.integers(-4, 2**40), max_size=5), max_size=4),
    kind=st.integers(0, 45),
    data=st.binary(max_size=200),
)
def test_made_up_files(
    tmp_path_factory: object,
    keys: list[tuple[str, bytes]],
    shapes: list[list[int]],
    kind: int,
    data: bytes,
) -> None:
    entries = [text(key, item) for key, item in keys]
    entries += [array("numbers", I32, [1, 2]), array("words", STRING, ["a", "b"])]
    tensors = [tensor(f"t{index}", shape, kind=kind) for index, shape in enumerate(shapes)]
    path = tmp_path_factory.getbasetemp() / "made-up.gguf"  # type: ignore[attr-defined]
    path.write_bytes(gguf(entries, tensors, data))
    check(path)
