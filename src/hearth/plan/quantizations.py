"""How many bits a weight takes in a file of a given quantization: at least, and usually.

The least follows from the block of the tensor type that most weights have; the usual figure is that
of a real file, which keeps some tensors at higher precision. A bound may only use the least.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from hearth.errors import InvalidRequest
from hearth.models.gguf.tensors import tensor_types

MAX_BITS = 64
_TYPES_SOURCE = "the block structures of ggml"
_OWN_BITS = re.compile(r"(\d+(?:\.\d+)?) ?(?:BPW|BITS PER WEIGHT)|(\d+\.\d+)[ -]?BITS?")
_CLASS = re.compile(r"^(\d+)[ -]BITS?$")
_NOT_WEIGHTS = frozenset({"I8", "I16", "I32", "I64", "F64", "Q8_K", "Q8_1"})
_SAME = {"HALF": "FP16", "FLOAT16": "FP16", "BFLOAT16": "BF16", "FLOAT32": "FP32", "Q8": "8-BIT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """Bits per weight of a way to store weights.

    Args:
        least_bits: No file of this name holds fewer.
        usual_bits: What a real file holds.
    """

    name: str
    least_bits: float
    usual_bits: float
    source: str


def quantization(name: str) -> Quantization:
    """Return what is known of a quantization, by its name in any case, or as `4.5 bpw`.

    Raises:
        InvalidRequest: No table knows it.
    """
    wanted = _CLASS.sub(r"\1-BIT", name.strip().upper())
    found = quantizations().get(_SAME.get(wanted, wanted))
    if found is not None:
        return found
    own = _OWN_BITS.fullmatch(wanted)
    if own and 0 < float(own[1] or own[2]) <= MAX_BITS:
        bits = float(own[1] or own[2])
        return Quantization(name=name, least_bits=bits, usual_bits=bits, source="as stated")
    raise InvalidRequest(
        f"{name!r} is no quantization that Hearth knows.",
        hint="For example Q4_K_M, Q8_0, F16, int4, or bits per weight such as `4.5 bpw`.",
        param="quantization",
    )


@functools.cache
def quantizations() -> Mapping[str, Quantization]:
    """Return all quantizations by name."""
    text = resources.files("hearth.plan").joinpath("quantizations.toml").read_text("utf-8")
    table = tomllib.loads(text)
    types = {
        kind.name: 8 * kind.block_bytes / kind.block
        for kind in tensor_types().values()
        if kind.name not in _NOT_WEIGHTS
    }
    found = {name: _made(name, bits, bits, _TYPES_SOURCE) for name, bits in types.items()}
    for name, row in table["mix"].items():
        source = table["sources"][row["source"]]
        found[name] = _made(name, types[row["type"]], row["bits"], source)
    for name, row in table["other"].items():
        found[name] = _made(name, row["least"], row["bits"], row["source"])
    return found


def smallest_bits() -> Quantization:
    """Return the quantization with the fewest bits that any table knows."""
    return min(quantizations().values(), key=lambda each: each.least_bits)


def _made(name: str, least: float, usual: float, source: str) -> Quantization:
    return Quantization(name=name, least_bits=least, usual_bits=usual, source=source)
