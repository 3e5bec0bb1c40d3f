"""The quantizing child: what it decides, what it writes, what it may not do, how it ends."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from hearth.engine.llama.quantizer import MAX_TEXT_BYTES
from hearth.engine.quantizing import Begun, Wanted, decide_types, quantize_file
from hearth.engine.quantizing.messages import Ask
from hearth.errors import EngineError, RequestAborted
from hearth.models.gguf.header import read_header
from support.pico import write_pico

pytestmark = pytest.mark.tiny

F16, Q4_0, Q8_0 = Wanted(1), Wanted(2), Wanted(7)


def ask_for(model: Path, target: Path, wanted: Wanted = Q4_0, **changes) -> Ask:
    target.touch()
    return Ask(files=[str(model)], wanted=[wanted], target=str(target), **changes)


def test_it_decides_about_every_tensor_without_writing(pico_path: Path, tmp_path: Path) -> None:
    before = list(pico_path.parent.iterdir())
    decided = decide_types([pico_path], [Q4_0, F16])
    names = {tensor.name for tensor in read_header(pico_path).tensors}
    for number, kind in enumerate(("Q4_0", "F16")):
        found = {one.name: (one.old, one.new) for one in decided[number]}
        assert set(found) == names
        assert found["blk.0.ffn_up.weight"] == ("F32", kind)
        assert found["blk.0.attn_norm.weight"] == ("F32", "F32")
    assert list(pico_path.parent.iterdir()) == before


def test_it_writes_what_it_decided_and_tells_of_each_tensor(
    pico_path: Path, tmp_path: Path
) -> None:
    target, begun = tmp_path / "new.gguf", list[Begun]()
    ask = ask_for(pico_path, target, threads=2, metadata={"hearth.test": "here"})
    done = quantize_file(ask, begun.append, threading.Event())
    header = read_header(target)
    decided = {one.name: one.new for one in decide_types([pico_path], [Q4_0])[0]}
    assert {tensor.name: tensor.type.name for tensor in header.tensors} == decided
    assert header.metadata["hearth.test"] == "here"
    assert header.metadata["general.file_type"] == Q4_0.file_type
    assert [one.number for one in begun] == list(range(1, len(decided) + 1))
    assert {one.name for one in begun} == set(decided)
    if sys.platform == "linux":
        assert str(target) in done.confinement
        assert "no sockets" in done.confinement


def test_a_pure_mix_makes_no_exception_for_any_matrix(pico_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.gguf"
    ask = ask_for(pico_path, target, Wanted(Q4_0.file_type, is_pure=True))
    quantize_file(ask, lambda begun: None, threading.Event())
    tensors = read_header(target).tensors
    assert {tensor.type.name for tensor in tensors if len(tensor.shape) > 1} == {"Q4_0"}
    (usual,) = decide_types([pico_path], [Q4_0])
    assert {one.new for one in usual} == {"F32", "Q4_0", "Q8_0"}


def test_parts_become_one_file(tmp_path: Path) -> None:
    write_pico(tmp_path / "split.gguf", tensors_per_file=8)
    parts = sorted(tmp_path.glob("split-*.gguf"))
    target = tmp_path / "new.gguf"
    target.touch()
    ask = Ask(files=[str(part) for part in parts], wanted=[Q8_0], target=str(target))
    quantize_file(ask, lambda begun: None, threading.Event())
    header = read_header(target)
    assert len(parts) > 1
    assert len(header.tensors) == sum(len(read_header(part).tensors) for part in parts)
    assert not any(key.startswith("split.") for key in header.metadata)


def test_weights_are_not_quantized_twice_unless_it_is_said(pico_path: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.gguf", tmp_path / "second.gguf"
    quantize_file(ask_for(pico_path, first), lambda begun: None, threading.Event())
    with pytest.raises(EngineError, match="requantizing from type q4_0 is disabled"):
        quantize_file(ask_for(first, second, Q8_0), lambda begun: None, threading.Event())
    allowed = ask_for(first, second, Q8_0, allow_requantize=True)
    quantize_file(allowed, lambda begun: None, threading.Event())
    assert read_header(second).metadata["general.file_type"] == Q8_0.file_type


def test_the_same_weights_make_the_same_bytes(pico_path: Path, tmp_path: Path) -> None:
    made = []
    for threads in (1, 2):
        target = tmp_path / f"{threads}.gguf"
        ask = ask_for(pico_path, target, threads=threads)
        quantize_file(ask, lambda begun: None, threading.Event())
        made.append(target.read_bytes())
    assert made[0] == made[1]


def test_a_file_of_noise_is_an_error_in_the_engines_words(tmp_path: Path) -> None:
    noise = tmp_path / "noise.gguf"
    noise.write_bytes(b"GGUF" + bytes(range(200)))
    with pytest.raises(EngineError, match=r"llama\.cpp cannot quantize noise\.gguf"):
        decide_types([noise], [Q4_0])


def test_a_text_that_is_too_long_for_the_header_is_refused(pico_path: Path, tmp_path: Path) -> None:
    ask = ask_for(pico_path, tmp_path / "new.gguf", metadata={"key": "x" * (MAX_TEXT_BYTES + 1)})
    with pytest.raises(EngineError, match="too long"):
        quantize_file(ask, lambda begun: None, threading.Event())


def test_it_ends_soon_after_it_is_to_stop(pico_path: Path, tmp_path: Path) -> None:
    cancelled = threading.Event()
    with pytest.raises(RequestAborted):
        quantize_file(
            ask_for(pico_path, tmp_path / "new.gguf"), lambda begun: cancelled.set(), cancelled
        )


def test_it_makes_no_file_that_is_not_there(pico_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.gguf"
    ask = Ask(files=[str(pico_path)], wanted=[Q4_0], target=str(target))
    with pytest.raises(EngineError, match="is not there"):
        quantize_file(ask, lambda begun: None, threading.Event())
    assert not target.exists()
