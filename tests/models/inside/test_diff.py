"""What a quantization, a fine-tune, a conversion or nothing at all changed in a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from gguf import quants

from hearth.errors import NotFound
from hearth.models.inside.diff import ModelDiff, compare
from hearth.models.inside.find import find_tensor
from hearth.models.inside.tensor_diff import TensorChange
from support.tensor_files import as_hub, llama_arrays, opened, write_folder, write_gguf


def compared(first: Path, second: Path, **options: bool) -> ModelDiff:
    with opened(first) as before, opened(second) as after:
        return compare(before, after, **options)


def by_name(diff: ModelDiff) -> dict[str, TensorChange]:
    return {each.name: each for each in diff.tensors}


def distance(before: np.ndarray, after: np.ndarray) -> float:
    wide = before.astype(float)
    return float(np.linalg.norm(after - wide) / np.linalg.norm(wide))


def test_the_same_model_twice(tmp_path: Path) -> None:
    first = write_gguf(tmp_path / "a.gguf", llama_arrays())
    second = write_gguf(tmp_path / "b.gguf", llama_arrays())
    diff = compared(first, second)
    assert {each.state for each in diff.tensors} == {"same"}
    assert diff.metadata == ()
    assert diff.verdict == (f"All {len(diff.tensors)} tensors are the same, number for number.",)


def test_a_quantization(tmp_path: Path) -> None:
    arrays = llama_arrays(width=256)
    kinds = {"blk.0.attn_q.weight": Kind.Q4_0, "blk.1.ffn_down.weight": Kind.Q8_0}
    original = write_gguf(tmp_path / "f32.gguf", arrays)
    diff = compared(original, write_gguf(tmp_path / "q.gguf", arrays, kinds=kinds))
    found = by_name(diff)
    errors = {}
    for name, kind in kinds.items():
        unpacked = quants.dequantize(quants.quantize(arrays[name], kind), kind)
        errors[name] = distance(arrays[name], unpacked)
        assert found[name].state == "changed"
        assert (found[name].type_before, found[name].type_after) == ("F32", kind.name)
        assert found[name].relative_error == pytest.approx(errors[name], rel=1e-5)
    assert sum(each.state == "same" for each in diff.tensors) == len(arrays) - 2
    assert "1 from F32 to Q4_0, 1 from F32 to Q8_0" in diff.verdict[0]
    assert "Furthest off is blk.0.attn_q.weight" in diff.verdict[1]


def test_a_fine_tune_of_one_layer(tmp_path: Path) -> None:
    arrays = llama_arrays()
    tuned = dict(arrays)
    tuned["blk.1.attn_v.weight"] = arrays["blk.1.attn_v.weight"].copy()
    tuned["blk.1.attn_v.weight"][0, :10] += 0.5
    first = write_gguf(tmp_path / "base.gguf", arrays, context=128)
    second = write_gguf(tmp_path / "tuned.gguf", tuned, context=256, general__license="mit")
    diff = compared(first, second)
    changed = by_name(diff)["blk.1.attn_v.weight"]
    assert changed.state == "changed"
    assert changed.changed_part == pytest.approx(10 / (32 * 64))
    assert changed.largest_error == pytest.approx(0.5, abs=1e-6)
    assert (changed.cosine or 0) > 0.9
    assert diff.relative_error == changed.relative_error
    assert "1 of 15 tensors of the same type hold other numbers, in layer 1." in diff.verdict
    assert "The rest is untouched: a part was trained, or merged." in diff.verdict
    assert {(each.key, each.before, each.after) for each in diff.metadata} == {
        ("llama.context_length", "128", "256"),
        ("general.license", None, "mit"),
    }


def test_another_model_of_the_same_shape(tmp_path: Path) -> None:
    first = write_gguf(tmp_path / "a.gguf", llama_arrays(1))
    diff = compared(first, write_gguf(tmp_path / "b.gguf", llama_arrays(2)))
    assert "Most of them are unrelated: these are two different models." in diff.verdict


def test_tensors_that_one_of_them_lacks_or_has_in_another_shape(tmp_path: Path) -> None:
    arrays = llama_arrays()
    other = llama_arrays(vocab=48)
    del other["output.weight"], arrays["blk.1.attn_v.weight"]
    first = write_gguf(tmp_path / "a.gguf", arrays)
    diff = compared(first, write_gguf(tmp_path / "b.gguf", other))
    states = {name: each.state for name, each in by_name(diff).items()}
    assert states["output.weight"] == "removed"
    assert states["blk.1.attn_v.weight"] == "added"
    assert states["token_embd.weight"] == "reshaped"
    assert "The second lacks output.weight." in diff.verdict
    assert "Only the second has blk.1.attn_v.weight." in diff.verdict


@pytest.mark.parametrize("gguf_first", [False, True])
def test_a_gguf_and_the_safetensors_that_it_was_made_of(tmp_path: Path, gguf_first: bool) -> None:
    arrays = llama_arrays(width=256)
    kinds = {"blk.0.attn_k.weight": Kind.Q8_0}
    folder = write_folder(tmp_path / "hub", as_hub(arrays))
    gguf = write_gguf(tmp_path / "m.gguf", arrays, kinds=kinds)
    diff = compared(gguf, folder) if gguf_first else compared(folder, gguf)
    found = by_name(diff)
    assert set(found) == set(arrays)
    assert found["blk.0.attn_q.weight"].note == "rows reordered by the converter"
    assert found["blk.0.attn_q.weight"].state == "same"
    assert 0 < (found["blk.0.attn_k.weight"].relative_error or 0) < 0.01
    rest = [each for name, each in found.items() if name not in kinds]
    assert {each.state for each in rest} == {"same"}


def test_norms_to_which_the_converter_adds_one(tmp_path: Path) -> None:
    arrays = llama_arrays()
    arrays["output_norm.weight"] = np.linspace(0.9, 1.1, 64, dtype=np.float32)
    hub = as_hub(arrays)
    hub["model.norm.weight"] = hub["model.norm.weight"] - 1
    folder = write_folder(tmp_path / "hub", hub)
    diff = compared(folder, write_gguf(tmp_path / "m.gguf", arrays))
    norm = by_name(diff)["output_norm.weight"]
    assert norm.note == "the converter adds 1"
    assert (norm.relative_error or 0) < 1e-6


def test_settings_of_two_folders(tmp_path: Path) -> None:
    arrays = as_hub(llama_arrays())
    first = write_folder(tmp_path / "a", arrays, rope_scaling={"factor": 2.0, "type": "linear"})
    second = write_folder(tmp_path / "b", arrays, rope_scaling={"factor": 4.0, "type": "linear"})
    (change,) = compared(first, second).metadata
    assert (change.key, change.before, change.after) == (
        "config.json: rope_scaling.factor",
        "2.0",
        "4.0",
    )


def test_headers_alone(tmp_path: Path) -> None:
    first = write_gguf(tmp_path / "a.gguf", llama_arrays(1))
    second = write_gguf(tmp_path / "b.gguf", llama_arrays(2))
    with opened(first) as before, opened(second) as after:
        read_bytes = before.fetched_bytes
        diff = compare(before, after, weights=False)
        assert before.fetched_bytes - read_bytes < 2 * 2**20
    assert {each.state for each in diff.tensors} == {"unknown"}
    assert diff.relative_error is None


def test_what_is_no_number_leaves_the_error_unknown(tmp_path: Path) -> None:
    arrays = llama_arrays()
    broken = dict(arrays)
    broken["output.weight"] = np.full_like(arrays["output.weight"], np.nan)
    first = write_gguf(tmp_path / "a.gguf", arrays)
    diff = compared(first, write_gguf(tmp_path / "b.gguf", broken))
    change = by_name(diff)["output.weight"]
    assert (change.state, change.relative_error, change.cosine) == ("changed", None, None)


def test_an_unknown_tensor_names_its_neighbours(tmp_path: Path) -> None:
    with opened(write_gguf(tmp_path / "a.gguf", llama_arrays())) as model:
        assert find_tensor(model.card, "output.weight").name == "output.weight"
        with pytest.raises(NotFound, match=r"blk\.0\.attn_x") as caught:
            find_tensor(model.card, "blk.0.attn_x.weight")
    assert "blk.0.attn_" in (caught.value.hint or "")
