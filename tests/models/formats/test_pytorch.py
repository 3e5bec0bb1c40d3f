"""PyTorch files are listed and never loaded (rows G26 and R-22)."""

from __future__ import annotations

import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.errors import BadModelFile
from hearth.models.card import TensorEntry
from hearth.models.formats.files import HeldBytes
from hearth.models.formats.pytorch import read_checkpoint
from hearth.models.identify import identify
from support.hub_folders import write_hub_model
from support.pickles import (
    Called,
    Imported,
    pickled,
    state_dict,
    tensor,
    write_checkpoint,
    write_legacy_checkpoint,
    write_zip,
)

EXPECTED = [
    ("model.embed_tokens.weight", (300, 64), "F16", 38_400),
    ("model.layers.0.self_attn.k_proj.weight", (32, 64), "BF16", 4096),
    ("model.norm.weight", (64,), "F32", 256),
]


def facts(tensors: tuple[TensorEntry, ...]) -> list[tuple[str, tuple[int, ...], str, int]]:
    return [(entry.name, entry.shape, entry.type, entry.size_bytes) for entry in tensors]


@pytest.mark.parametrize("write", [write_checkpoint, write_legacy_checkpoint])
def test_tensors_are_listed(write: object, tmp_path: Path) -> None:
    assert callable(write)
    card = identify(write(tmp_path / "pytorch_model.bin", state_dict()))
    assert card.format == "pytorch"
    assert facts(card.tensors) == EXPECTED
    assert card.num_parameters == 300 * 64 + 32 * 64 + 64
    assert card.dangers == ()
    assert card.runs_here is None
    assert card.if_not is not None
    assert "pickle" in card.if_not.reason


def test_tensors_inside_of_a_training_checkpoint_are_named_by_their_path(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "last.ckpt", {"epoch": 3, "state_dict": state_dict()})
    assert identify(path).tensors[0].name == "state_dict.model.embed_tokens.weight"


def test_weights_that_are_used_twice_are_stored_once(tmp_path: Path) -> None:
    state = {"a": tensor("FloatStorage", "0", 4, 4), "b": tensor("FloatStorage", "0", 4, 4)}
    card = identify(write_checkpoint(tmp_path / "model.pt", state))
    assert [entry.shape for entry in card.tensors] == [(4, 4), (4, 4)]
    assert card.num_parameters == 16


def test_the_configuration_beside_pickles_is_read(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "pico", "llama")
    (folder / "model.safetensors").unlink()
    write_checkpoint(folder / "pytorch_model.bin", state_dict())
    write_checkpoint(folder / "training_args.bin", {})
    card = identify(folder)
    assert (card.format, card.architecture, card.num_layers) == ("pytorch", "llama", 4)
    assert [file.name for file in card.files] == ["pytorch_model.bin"]


class Harmful:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize(
    ("zipped", "protocol"),
    # A bare pickle of protocol 0 or 1 has no mark to know it by.
    [*((True, protocol) for protocol in range(6)), *((False, protocol) for protocol in (2, 3, 4))],
)
def test_r22_what_would_run_is_named_and_does_not_run(
    zipped: bool, protocol: int, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    raw = pickle.dumps({"a": Harmful(mark)}, protocol)
    path = tmp_path / "model.pt"
    if zipped:
        write_zip(path, {"data.pkl": raw})
    else:
        path.write_bytes(raw)
    card = identify(path)
    assert not mark.exists()
    assert any("mkdir" in danger for danger in card.dangers)
    assert "can run anything" in card.dangers[0]
    pickle.loads(raw)  # the control: loading does what the card warned of
    assert mark.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"(S'true'\nios\nsystem\n.",
        b"(cos\nsystem\nS'true'\no.",
        b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.",
        b"\x80\x02ctorch.storage\n_load_from_bytes\nC\x00\x85R.",
        b"\x80\x02carg\nparse\n)R.",
        b"\x80\x04(\x8c\x02os0\x8c\x06system\x93.",
    ],
)
def test_every_way_to_import_is_seen(raw: bytes, tmp_path: Path) -> None:
    try:
        card = identify(write_zip(tmp_path / "model.pt", {"data.pkl": raw}))
    except BadModelFile:
        return  # refused, which is as good
    assert card.dangers


def test_registered_extensions_are_dangers(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "model.pt", {"data.pkl": b"\x80\x02\x82\x01."})
    assert identify(path).dangers


def test_torchscript_is_a_program(tmp_path: Path) -> None:
    members = {"data.pkl": pickled({}), "code/__torch__.py": b"", "constants.pkl": pickled(())}
    card = identify(write_zip(tmp_path / "model.pt", members))
    assert card.format == "torchscript"
    assert "1 source files" in card.dangers[0]


def test_a_pickle_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(pickled(Called(Imported("sklearn.svm", "SVC"))))
    card = identify(path)
    assert (card.format, card.kind) == ("pickle", "unknown")
    assert "sklearn.svm.SVC" in card.dangers[0]


def test_g26_archives_that_are_no_checkpoints_are_refused(tmp_path: Path) -> None:
    numpy = tmp_path / "arrays.npz"
    with zipfile.ZipFile(numpy, "w") as made:
        made.writestr("a.npy", b"\x93NUMPY")
    compressed = write_zip(tmp_path / "z.pt", {"data.pkl": pickled({})}, compressed=True)
    nested = tmp_path / "nested.pt"
    with zipfile.ZipFile(nested, "w") as made:
        made.write(compressed, "inner.zip")
    for path in (numpy, compressed, nested):
        with pytest.raises(BadModelFile):
            identify(path)


def test_g26_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("archive/data.pkl", b"\0" * 50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BadModelFile):
            identify(path)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_a_table_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    raw = bytearray(write_checkpoint(tmp_path / "model.pt", state_dict()).read_bytes())
    end = raw.rindex(b"PK\x05\x06")
    for changed in (
        struct.pack("<HHII", 0xFFFE, 0xFFFE, 2**31, 0),
        struct.pack("<HHII", 3, 3, 150, 2**31),
        struct.pack("<HHII", 4000, 4000, 150, 10),
    ):
        raw[end + 8 : end + 20] = changed
        with pytest.raises(BadModelFile):
            read_checkpoint(HeldBytes("model.pt", bytes(raw)), "model.pt")


def test_a_pickle_costs_little_memory() -> None:
    raw = b"\x80\x02" + b"]" * 1_000_000 + b"."
    tracemalloc.start()
    try:
        with pytest.raises(BadModelFile, match="longer than"):
            read_checkpoint(HeldBytes("model.pt", raw), "model.pt")
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()


def test_objects_that_hold_themselves_a_million_times_over_are_refused() -> None:
    level = b"}q\x00" + b"".join(
        b"}(U\x01ah%cU\x01bh%cU\x01ch%cuq%c" % (n, n, n, n + 1) for n in range(100)
    )
    raw = b"\x80\x02" + level + b"."
    with pytest.raises(BadModelFile, match="holds more than"):
        read_checkpoint(HeldBytes("model.pt", raw), "model.pt")


@given(st.binary(max_size=300))
def test_any_pickle_is_listed_or_refused(raw: bytes) -> None:
    try:
        read_checkpoint(HeldBytes("model.pt", b"\x80\x04" + raw), "model.pt")
    except BadModelFile:
        return


@given(st.data())
def test_a_damaged_checkpoint_is_listed_or_refused(data: st.DataObject) -> None:
    raw = bytearray(pickled(state_dict()))
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_checkpoint(HeldBytes("model.pt", bytes(raw)), "model.pt")
    except BadModelFile:
        return
