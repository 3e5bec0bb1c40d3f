"""llama.cpp's quantizer: the type that each tensor would get, and the file that comes of it.

Its log, which belongs to the whole process, is the only place where it says what it decides and how
far it is; so this is for a process that does nothing else.
Source: llama_model_quantize of llama.h; its lines are those of src/llama-quant.cpp.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth.engine.llama.library import keep_log, library, log_lines
from hearth.errors import EngineError

# Of the rows of one tensor that are unpacked at once; the file is the same whatever it is.
ROWS_BYTES = 1 << 30
MAX_TEXT_BYTES = 127  # of a metadata key or value, as the structure holds them

# "[   1/ 146]  output.weight - [ 2048, 128256, 1, 1], type =  f16, size = ... -> ... MiB (q6_K)"
_BEGUN = re.compile(r"\[ *(\d+)/ *(\d+)\] +(\S+) +- \[")
_DECIDED = re.compile(r"\] +(\S+) +- \[[^\]]*\], type = +(\w+), .*?MiB(?: -> .*?\((\w+)\))?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one tensor: its type before and after, as `tensor_types` names them."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizerSettings:
    """How a file is quantized.

    Args:
        file_type: The mix, by its number in llama.h (`llama_ftype`).
        is_pure: Whether all matrices get its base type.
        threads: Threads that compute.
        allow_requantize: Whether weights that are quantized already may be quantized again.
        metadata: Texts to put into the new file's header.
    """

    file_type: int
    is_pure: bool
    threads: int
    allow_requantize: bool
    metadata: Mapping[str, str]


def decide(path: Path, file_type: int, *, is_pure: bool) -> list[Decision]:
    """Return what would become of each tensor; only the header is read.

    Args:
        path: The model's only or first file.
        file_type: The mix.
        is_pure: Whether all matrices get its base type.

    Raises:
        EngineError: The library refuses the file or the mix.
    """
    lines: list[str] = []
    params = library().llama_model_quantize_default_params()
    params.ftype, params.pure, params.dry_run = file_type, is_pure, True
    _run(path, Path("unused"), params, lines.append)
    found = _DECIDED.findall("".join(lines))
    return [
        Decision(name=name, old=old.upper(), new=(new or old).upper()) for name, old, new in found
    ]


def quantize(
    path: Path,
    target: Path,
    settings: QuantizerSettings,
    on_tensor: Callable[[int, int, str], None],
) -> None:
    """Write a quantized copy of a model.

    Args:
        path: The model's only or first file.
        target: The file to write; what is there is replaced.
        settings: How.
        on_tensor: Called as each tensor begins, with its number from 1 on, their count, its name.

    Raises:
        EngineError: The library failed; its own words are in the message.
    """
    params = library().llama_model_quantize_default_params()
    params.ftype, params.pure = settings.file_type, settings.is_pure
    params.nthread = settings.threads
    params.allow_requantize = settings.allow_requantize
    params.max_buf_size = ROWS_BYTES
    texts = _texts(settings.metadata)  # the library reads them until it is done
    params.kv_overrides = ctypes.cast(texts, type(params.kv_overrides))

    def follow(text: str) -> None:
        begun = _BEGUN.match(text)
        if begun is not None:
            on_tensor(int(begun[1]), int(begun[2]), begun[3])

    _run(path, target, params, follow)


def _run(path: Path, target: Path, params: Any, on_text: Callable[[str], None]) -> None:
    lib = library()

    def hear(level: int, text: bytes, _data: Any) -> None:
        log_lines().add(level, text)
        on_text(text.decode("utf-8", "replace"))

    callback = lib.llama_log_callback(hear)
    lib.llama_log_set(callback, None)
    names = str(path).encode(), str(target).encode()
    failed = lib.llama_model_quantize(*names, ctypes.byref(params))
    keep_log(lib)  # before the callback is collected
    if failed:
        raise EngineError(
            f"llama.cpp cannot quantize {path.name}: {log_lines().tail() or 'it gave no reason'}."
        )


def _texts(metadata: Mapping[str, str]) -> Any:
    """Return texts as the library's array of overrides, which an empty key ends."""
    lib = library()
    array = (lib.llama_model_kv_override * (len(metadata) + 1))()
    for entry, (key, value) in zip(array, metadata.items(), strict=False):
        if max(len(key.encode()), len(value.encode())) > MAX_TEXT_BYTES:
            raise EngineError(f"{key} = {value!r} is too long for the header.")
        entry.tag = lib.LLAMA_KV_OVERRIDE_TYPE_STR
        entry.key = key.encode()
        entry.value.val_str = value.encode()
    return array
