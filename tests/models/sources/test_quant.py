"""A quantization named loosely becomes one file, with the reason."""

from __future__ import annotations

import random

import pytest

from hearth.errors import InvalidRequest
from hearth.models.sources import resolve_quant
from hearth.models.sources.quant import quant_label

FILES = [
    "m-Q2_K.gguf",
    "m-Q4_0.gguf",
    "m-Q4_K_M.gguf",
    "m-Q4_K_S.gguf",
    "m-IQ4_XS.gguf",
    "m-Q8_0.gguf",
    "m-BF16-00001-of-00002.gguf",
    "m-BF16-00002-of-00002.gguf",
    "mmproj-m-F16.gguf",
    "m.imatrix.gguf",
    "README.md",
]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Llama-3.2-1B-Instruct-Q4_K_M.gguf", "Q4_K_M"),
        ("sub/model.q4_0.gguf", "Q4_0"),
        ("x-IQ3_XXS-00001-of-00003.gguf", "IQ3_XXS"),
        ("gpt-oss-20b-MXFP4.gguf", "MXFP4"),
        ("Qwen3-4B-UD-Q4_K_XL.gguf", "Q4_K_XL"),
        ("m-fp16.gguf", "F16"),
        ("BF16/m-BF16.gguf", "BF16"),
        ("TQ1_0.gguf", "TQ1_0"),
        ("Qwen2.gguf", None),
        ("IQ-test.gguf", None),
    ],
)
def test_labels_are_read_from_file_names(name: str, label: str | None) -> None:
    assert quant_label(name) == label


@pytest.mark.parametrize(
    ("wanted", "file"),
    [
        ("Q4", "m-Q4_K_M.gguf"),
        ("q4", "m-Q4_K_M.gguf"),
        ("4bit", "m-Q4_K_M.gguf"),
        ("4-bit", "m-Q4_K_M.gguf"),
        ("int4", "m-Q4_K_M.gguf"),
        ("Q4_K", "m-Q4_K_M.gguf"),
        ("Q4_K_S", "m-Q4_K_S.gguf"),
        ("q4-k-s", "m-Q4_K_S.gguf"),
        ("Q4_0", "m-Q4_0.gguf"),
        ("IQ4", "m-IQ4_XS.gguf"),
        ("Q8", "m-Q8_0.gguf"),
        ("bf16", "m-BF16-00001-of-00002.gguf"),
        (None, "m-Q4_K_M.gguf"),
        ("m-Q4_0.gguf", "m-Q4_0.gguf"),
        ("m-Q4_0", "m-Q4_0.gguf"),
        ("m-BF16", "m-BF16-00001-of-00002.gguf"),
        ("mmproj-m-F16.gguf", "mmproj-m-F16.gguf"),
    ],
)
def test_the_best_file_is_found_in_any_order(wanted: str | None, file: str) -> None:
    files = FILES.copy()
    random.Random(7).shuffle(files)
    chosen, reason = resolve_quant(wanted, files)
    assert chosen == file
    assert file in reason
    assert reason.endswith(".")


def test_the_reason_names_what_else_was_meant() -> None:
    assert (
        "Q4_K_M is the best of those that Q4 can mean (Q4_K_M, Q4_K_S, Q4_0)"
        in (resolve_quant("Q4", FILES)[1])
    )


def test_the_only_file_needs_no_label() -> None:
    assert resolve_quant(None, ["sub/model.gguf", "notes.txt"])[0] == "sub/model.gguf"


@pytest.mark.parametrize(
    ("wanted", "files", "named"),
    [
        ("Q5", FILES, "Q4_K_M"),
        ("F16", ["mmproj-m-F16.gguf", "m-Q8_0.gguf"], "Q8_0"),
        (None, ["a.gguf", "b.gguf"], "a.gguf"),
        ("Q4_0", ["big-Q4_0.gguf", "small-Q4_0.gguf"], "small-Q4_0.gguf"),
        ("Q4", [], "no GGUF"),
        ("\x1b[2J", FILES, "Q4_K_M"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_choices(
    wanted: str | None, files: list[str], named: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        resolve_quant(wanted, files)
    assert named in caught.value.message
    assert caught.value.message.isprintable()
